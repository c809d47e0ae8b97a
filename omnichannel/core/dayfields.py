"""Form fields of days."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from omnichannel.core.periods import YEARS

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

NO_DAY = _("This is no date. Write 2026-11-30.")


class DayField(forms.DateField):
    """A day, typed or picked, of a year that a business has rows of."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"type": "date", "min": f"{YEARS.start}-01-01", "max": f"{YEARS.stop - 1}-12-31"}
        super().__init__(widget=forms.DateInput(attrs=attrs, format="%Y-%m-%d"), **kwargs)
        self.error_messages["invalid"] = NO_DAY

    def validate(self, value: date | None) -> None:
        """Refuse a year that a business has no rows of."""
        super().validate(value)
        if value is not None and value.year not in YEARS:
            raise forms.ValidationError(NO_DAY)


def day_field(label: StrOrPromise, *, required: bool = True, help_text: StrOrPromise = "") -> forms.DateField:
    """Return a field for a day of a plan: the picker offers those of this age, and the service checks the rest."""
    widget = forms.DateInput(attrs={"type": "date", "min": "1990-01-01", "max": "2199-12-31"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, help_text=help_text, widget=widget)
