"""The form by which a role in a unit is filled. It checks shape; the services check rules."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from omnichannel.core.periods import YEARS

NOTE_LENGTH = 400
MOST_LENGTH = 64


class FillForm(forms.Form):
    """Who, with how much of their time, from when on; `confirmed` once somebody has seen that it is too much."""

    person = forms.CharField(
        label=_("Person"), max_length=MOST_LENGTH, error_messages={"required": _("Choose somebody from the list.")}
    )
    share = forms.DecimalField(
        label=_("Share of time"),
        max_digits=5,
        decimal_places=4,
        min_value=Decimal("0.0001"),
        max_value=Decimal(1),
        help_text=_("1 is all of it."),
    )
    start_on = forms.DateField(
        label=_("Starts"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("This is no date. Write 2026-11-30.")},
    )
    note = forms.CharField(label=_("Why"), required=False, max_length=NOTE_LENGTH)

    def clean_start_on(self) -> date:
        """Refuse a year that a business has no rows of."""
        day: date = self.cleaned_data["start_on"]
        if day.year not in YEARS:
            raise forms.ValidationError(self.fields["start_on"].error_messages["invalid"])
        return day

    def tell(self, field: str, message: str) -> None:
        """Put what a service refused at the field it is about."""
        names = {"person_external_id": "person", "on": "start_on", "end_on": "start_on"}
        known = names.get(field, field)
        self.add_error(known if known in self.fields else None, message)

    @property
    def typed(self) -> dict[str, Any]:
        """Return what was typed, as the service takes it."""
        return {
            "person": self.cleaned_data["person"],
            "share": self.cleaned_data["share"],
            "on": self.cleaned_data["start_on"],
        }
