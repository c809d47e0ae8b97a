"""The form that says what a job title means."""

from __future__ import annotations

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from roles.choices import TitleSay
from roles.queries.library import role_library


class TitleForm(forms.Form):
    """A title and its meaning: `role:<key>`, `none`, or `rules`, which leaves it to the rules again."""

    title = forms.CharField(label=_("Job title"), max_length=120)
    means = forms.ChoiceField(label=_("Means"))
    note = forms.CharField(label=_("Remark"), required=False, max_length=300)

    def __init__(self, data: object = None, *, key: str = "title", **kwargs: object) -> None:
        super().__init__(data, auto_id=f"{key}-%s", **kwargs)  # type: ignore[arg-type]
        field = self.fields["means"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells the type checker what stands above
        language = get_language()
        roles = [(f"role:{role.key.value}", role.names.in_language(language)) for role in role_library().offered]
        field.choices = [
            (TitleSay.RULES.value, _("What the rules say")),
            *roles,
            (TitleSay.NONE.value, _("No role at all")),
        ]

    def clean_means(self) -> tuple[TitleSay, str]:
        """Return what is said and, for a role, its key."""
        says, _colon, role = self.cleaned_data["means"].partition(":")
        return TitleSay(says), role
