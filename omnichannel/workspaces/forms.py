"""Forms of the settings pages. They check shape; services check rules."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from omnichannel.workspaces.choices import MemberRole, TokenScope

# which field bounds a role
BOUND_BY = {MemberRole.LINE_MANAGER: "unit_external_id", MemberRole.GUIDE: "person_external_id"}


class MemberForm(forms.Form):
    """A member's role and ties to the org chart."""

    role = forms.ChoiceField(label=_("Member role"), choices=MemberRole.choices)
    unit_external_id = forms.CharField(
        label=_("Own unit"), required=False, max_length=64, help_text=_("Unit id; bounds a line manager.")
    )
    person_external_id = forms.CharField(
        label=_("Own person"), required=False, max_length=64, help_text=_("Employee id; bounds a guide.")
    )

    def clean(self) -> dict[str, Any]:
        """A bounded role needs its bound: without it nothing at all would open."""
        data: dict[str, Any] = super().clean() or {}
        for role, name in BOUND_BY.items():
            if data.get("role") == role and not data.get(name):
                self.add_error(name, _("This role needs it: it bounds what the member sees."))
        return data


class InvitationForm(MemberForm):
    """Whom to invite."""

    email = forms.EmailField(label=_("Email"))
    field_order = ("email", "role")


class TokenForm(forms.Form):
    """What to call a token and what it may do."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("The system that will use it."))
    scope = forms.ChoiceField(label=_("Scope"), choices=TokenScope.choices)
