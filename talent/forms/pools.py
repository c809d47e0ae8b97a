"""The forms of talent pools. They check shape; services check rules."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from omnichannel.core.dayfields import DayField
from omnichannel.core.toldforms import ToldForm
from roles.choices import Thing
from roles.queries.library import role_library
from roles.queries.picking import find_named
from talent.choices import Pool, Readiness
from talent.services.pools import MOST_REASON, Place

PEOPLE = "pool-people"  # the list of suggestions on the page
NOBODY = _("Nobody here is called “%(text)s”.")


class PlaceForm(ToldForm):
    """Who is put into which pool."""

    person = forms.CharField(
        label=_("Person"),
        max_length=200,
        help_text=_("A name or a number."),
        widget=forms.TextInput(attrs={"list": PEOPLE, "autocomplete": "off"}),
    )
    pool = forms.ChoiceField(label=_("Pool"), choices=Pool.choices)
    target_role = forms.ChoiceField(label=_("Target role"), required=False)
    readiness = forms.ChoiceField(label=_("Ready"), choices=Readiness.choices)
    since = DayField(label=_("In the pool from"))
    reason = forms.CharField(label=_("Reason"), max_length=MOST_REASON, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["target_role"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells the type checker what stands above
        offered = [(role.key.value, role.names.in_language(get_language())) for role in role_library().offered]
        field.choices = [("", _("no certain role")), *offered]

    def clean_person(self) -> str:
        """Find the person by name or number."""
        text = str(self.cleaned_data["person"])
        found = find_named(Thing.PEOPLE, text)
        if not found:
            raise forms.ValidationError(NOBODY, "unknown", {"text": text})
        if len(found) > 1:
            several = "; ".join(f"{name} ({key})" for key, name in found)
            raise forms.ValidationError(
                _("Several are called so: %(several)s. Write the id."), "ambiguous", {"several": several}
            )
        return found[0][0]

    @property
    def place(self) -> Place:
        """Return the place as the service takes it."""
        data = self.cleaned_data
        return Place(data["pool"], data["target_role"], data["readiness"], data["since"], data["reason"])


class LeaveForm(ToldForm):
    """Since when somebody is no longer in a pool, and why."""

    until = DayField(label=_("Out of the pool from"))
    reason = forms.CharField(label=_("Reason"), max_length=MOST_REASON)
