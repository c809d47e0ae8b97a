"""Forms of pay bands and labour-market facts. They take texts as typed; the services check them and name each fault."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from django import forms
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from roles.catalogue import load_roles
from roles.queries.library import role_library
from talent.errors.pay import PayFault

DAY = {"type": "date", "min": "1990-01-01", "max": "2199-12-31"}


class BandForm(forms.Form):
    """One band. Every field is a text: `write_bands` reads forms and files alike."""

    role = forms.ChoiceField(label=_("Role"))
    level = forms.ChoiceField(label=_("Job level"))
    city = forms.CharField(label=_("City"), required=False, help_text=_("Empty: everywhere without a band of its own."))
    low = forms.CharField(label=_("Low end"), required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"}))
    middle = forms.CharField(
        label=_("Middle of the band"), required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    high = forms.CharField(label=_("High end"), required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"}))
    since = forms.CharField(label=_("Holds from"), widget=forms.TextInput(attrs=DAY))
    source = forms.CharField(label=_("Source"), required=False)
    note = forms.CharField(label=_("Remark"), required=False)

    def __init__(self, data: object = None, *, key: str = "band", **kwargs: object) -> None:
        super().__init__(data, auto_id=f"{key}-%s", **kwargs)  # type: ignore[arg-type]
        language, levels = get_language(), load_roles().jd.levels
        roles = [(role.key.value, role.names.in_language(language)) for role in role_library().offered]
        words = [(key, level.names.in_language(language)) for key, level in levels.items()]
        for name, options in (("role", roles), ("level", words)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells the type checker what stands above
            field.choices = [("", "–"), *options]

    @property
    def texts(self) -> dict[str, str]:
        """Return what was typed."""
        return {name: str(self.data.get(name, "")) for name in self.fields}


class TableForm(forms.Form):
    """A table of bands, pasted or as a file."""

    table = forms.CharField(
        label=_("Paste a table"),
        required=False,
        max_length=400_000,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=_("With its header: role, level, city, low, middle, high, since, source, note. Tabs or commas."),
    )
    file = forms.FileField(label=_("Or a CSV file"), required=False)


class FactForm(forms.Form):
    """A labour-market fact of the workspace's own."""

    statement = forms.CharField(label=_("Fact"))
    figure = forms.CharField(
        label=pgettext_lazy("of a fact", "Figure"), widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    unit = forms.CharField(label=pgettext_lazy("of a figure", "Unit"), help_text=_("Such as CNY/month or %."))
    year = forms.CharField(label=_("Year"), widget=forms.TextInput(attrs={"inputmode": "numeric"}))
    source = forms.CharField(label=_("Source"), help_text=_("Who published it, and where."))
    url = forms.URLField(label=_("Link"), required=False, max_length=500, assume_scheme="https")

    def clean_figure(self) -> Decimal:
        """Read the number."""
        try:
            figure = Decimal(self.cleaned_data["figure"].replace(",", "").strip())
        except InvalidOperation:
            figure = Decimal("NaN")
        if not figure.is_finite():
            raise forms.ValidationError(_("This is no number."))
        return figure

    def clean_year(self) -> int:
        """Read the year."""
        text = self.cleaned_data["year"].strip()
        if not (text.isascii() and text.isdigit() and len(text) == 4):
            raise forms.ValidationError(_("Write the year with four digits, such as 2026."))
        return int(text)


def add_faults(form: forms.Form, faults: Iterable[PayFault]) -> None:
    """Show at each field what the service refuses there; that tells more than that something is missing."""
    for fault in faults:
        own = form.errors.get(fault.field)
        if own is None or own.as_data()[0].code == "required":
            form.errors.pop(fault.field, None)
            form.add_error(fault.field, fault.message)
