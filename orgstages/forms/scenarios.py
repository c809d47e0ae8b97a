"""Forms of scenarios."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from roles.queries.scenarios import ScenarioRow

NAME_LENGTH = 120


class DescribeForm(forms.Form):
    """What a scenario is called and what it is for."""

    name = forms.CharField(label=_("Name"), max_length=NAME_LENGTH)
    note = forms.CharField(label=_("What is it for?"), required=False, widget=forms.Textarea(attrs={"rows": 3}))


class RedateForm(forms.Form):
    """From which other day on a scenario is to hold."""

    effective_on = forms.DateField(
        label=_("Takes effect on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("What begins on its first day moves along; what is planned for later stays."),
    )


class ScenarioForm(DescribeForm):
    """A new scenario: its name, from when on it is to hold, and what it begins from."""

    effective_on = forms.DateField(
        label=_("Takes effect on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Its changes hold from this day on, or a later one."),
    )
    copy_of = forms.ChoiceField(label=_("Begin from"), required=False)

    def __init__(self, rows: Iterable[ScenarioRow], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        copies = [(str(row.id), f"{row.name} ({row.effective_on})") for row in rows]
        choice = self.fields["copy_of"]
        if isinstance(choice, forms.ChoiceField):
            choice.choices = [("", _("the organisation as it is")), *copies]
