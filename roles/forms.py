"""Forms of the organisation. They check shape; services check rules.

Their fields bear the names of the inputs of `roles.services.sync`, so that the faults those find stand at the field.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from omnichannel.core.dayfields import DayField
from roles.choices import FillMode, LineKind, Ownership, Thing, UnitLevel
from roles.queries.library import role_options
from roles.queries.picking import find_named, label_of

NOTE_LENGTH = 400


class PickInput(forms.TextInput):
    """A text field that offers what fits as one types; without scripts an id or an exact name does."""

    url = ""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """Draw the field with the list that htmx fills."""
        listed = f"{(attrs or {}).get('id', name)}-list"
        more = {
            "list": listed,
            "autocomplete": "off",
            "data-pick": "",
            "hx-get": f"{self.url}{'&' if '?' in self.url else '?'}field={name}",
            "hx-trigger": "input changed delay:150ms, focus once",
            "hx-target": f"#{listed}",
        }
        drawn = super().render(name, value, {**(attrs or {}), **more}, renderer)
        return format_html('{}<datalist id="{}"></datalist>', drawn, listed)


class PickField(forms.CharField):
    """A unit, seat or person; cleans to its id, None where nothing is chosen."""

    def __init__(self, thing: Thing, **kwargs: Any) -> None:
        super().__init__(max_length=250, widget=PickInput(), **kwargs)
        self.thing = thing
        self._read: dict[str, str] = {}

    def to_python(self, value: Any) -> Any:
        """Find what is meant by an id, a name, or both as the list offers them."""
        text = super().to_python(value)
        if not text:
            return None
        if "\x00" in text:
            raise forms.ValidationError(_("Nothing here is called “%(text)s”."), "unknown", {"text": "?"})
        if text not in self._read:
            found = find_named(self.thing, text)
            if not found:
                raise forms.ValidationError(_("Nothing here is called “%(text)s”."), "unknown", {"text": text})
            if len(found) > 1:
                several = "; ".join(f"{name} ({key})" for key, name in found)
                message = _("Several are called so: %(several)s. Write the id.")
                raise forms.ValidationError(message, "ambiguous", {"several": several})
            self._read[text] = found[0][0]
        return self._read[text]

    def prepare_value(self, value: Any) -> Any:
        """Show the name with the id; what was typed stays as it was typed."""
        return label_of(self.thing, str(value)) if value and "\x00" not in str(value) else value


class OrgForm(forms.Form):
    """What all forms of the organisation share: the fields know what they were when the form was opened."""

    thing: ClassVar[Thing]
    # fields that are no part of the thing
    AROUND: ClassVar[tuple[str, ...]] = ("on", "note")

    def __init__(self, *args: Any, pick_urls: Mapping[Thing, str], is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_new and "external_id" in self.fields:
            del self.fields["external_id"]
        if isinstance(role := self.fields.get("role"), forms.ChoiceField):
            # a hidden role is offered to nobody but who has it
            had = self.data.get("initial-role") if self.is_bound else self.initial.get("role")
            role.choices = [("", "–"), *role_options(None if is_new else had)]
        for name, field in self.fields.items():
            field.show_hidden_initial = not is_new and name not in self.AROUND
            if isinstance(field, PickField) and isinstance(field.widget, PickInput):
                field.widget.url = pick_urls[field.thing]

    @property
    def values(self) -> dict[str, Any]:
        """Return the fields of the thing as they were typed."""
        return {name: value for name, value in self.cleaned_data.items() if name not in self.AROUND}

    @property
    def changes(self) -> dict[str, Any]:
        """Return the fields of the thing that differ from what the form was opened with."""
        return {name: value for name, value in self.values.items() if name in self.changed_data}

    @property
    def base(self) -> dict[str, Any]:
        """Return what the changed fields were when the form was opened."""
        return {name: self._opened_with(name) for name in self.changes}

    def _opened_with(self, name: str) -> Any:
        try:
            return self.fields[name].to_python(self.data.get(f"initial-{name}"))
        except forms.ValidationError:
            return None


def _id(help_text: Any) -> forms.CharField:
    return forms.CharField(label=_("Id"), max_length=64, required=False, help_text=help_text)


def _on() -> DayField:
    return DayField(label=_("Holds from"))


def _note() -> forms.CharField:
    return forms.CharField(label=_("Why"), required=False, max_length=NOTE_LENGTH)


OWN_ID = _("The id in your own system. Left empty, one is made.")


class UnitForm(OrgForm):
    """A unit from a day on."""

    thing = Thing.UNITS
    external_id = _id(OWN_ID)
    name = forms.CharField(label=_("Name"), max_length=120)
    level = forms.ChoiceField(label=_("Level"), choices=UnitLevel.choices, initial=UnitLevel.DEPARTMENT)
    parent_external_id = PickField(
        Thing.UNITS, label=_("Belongs to"), required=False, help_text=_("Name or id. Empty: at the top.")
    )
    ownership = forms.ChoiceField(label=_("Ownership"), choices=Ownership.choices, initial=Ownership.NA)
    city = forms.CharField(label=_("City"), max_length=60, required=False)
    is_leading = forms.BooleanField(label=_("Leads omnichannel work"), required=False)
    ends_on = DayField(
        label=_("First day it is closed"), required=False, help_text=_("For a project team, or once the end is known.")
    )
    on = _on()
    note = _note()


class SeatForm(OrgForm):
    """A seat from a day on."""

    thing = Thing.SEATS
    external_id = _id(OWN_ID)
    title = forms.CharField(label=pgettext_lazy("seat", "Title"), max_length=120)
    unit_external_id = PickField(Thing.UNITS, label=_("Unit"), help_text=_("Name or id."))
    role = forms.ChoiceField(label=_("Role"), required=False)
    grade = forms.CharField(label=_("Grade"), max_length=20, required=False)
    planned_fte = forms.DecimalField(label=_("Planned FTE"), max_digits=6, decimal_places=3, initial=1)
    monthly_budget = forms.DecimalField(
        label=_("Budget a month"),
        required=False,
        max_digits=18,
        decimal_places=4,
        help_text=_("CNY. Empty: as before."),
    )
    is_head = forms.BooleanField(label=_("Leads the unit"), required=False)
    on = _on()
    note = _note()


class PersonForm(OrgForm):
    """A person, and where they work from a day on."""

    thing = Thing.PEOPLE
    external_id = _id(OWN_ID)
    display_name = forms.CharField(label=_("Name"), max_length=80, required=False)
    hired_on = DayField(label=_("Hired"))
    unit_external_id = PickField(Thing.UNITS, label=_("Unit"), help_text=_("Name or id."))
    seat_external_id = PickField(
        Thing.SEATS,
        label=_("Seat"),
        required=False,
        help_text=_("Title or id. Who goes to another unit leaves theirs."),
    )
    manager_external_id = PickField(
        Thing.PEOPLE, label=_("Manager"), required=False, help_text=_("Name or id. Empty: nobody.")
    )
    fill_mode = forms.ChoiceField(label=_("Filled by"), choices=FillMode.choices, initial=FillMode.INTERNAL)
    fte = forms.DecimalField(label=_("FTE"), max_digits=5, decimal_places=3, initial=1, help_text=_("1 is full time."))
    monthly_cost = forms.DecimalField(
        label=_("Cost a month"), required=False, max_digits=18, decimal_places=4, help_text=_("CNY. Empty: as before.")
    )
    left_on = DayField(label=_("First day gone"), required=False)
    on = _on()
    note = _note()

    def __init__(self, *args: Any, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, is_new=is_new, **kwargs)
        if is_new:
            del self.fields["on"]  # somebody new works here from the day of hiring on


class AssignmentForm(OrgForm):
    """A role that a person holds in a unit."""

    thing = Thing.ASSIGNMENTS
    person_external_id = PickField(Thing.PEOPLE, label=_("Person"), help_text=_("Name or id."))
    role = forms.ChoiceField(label=_("Role"))
    unit_external_id = PickField(Thing.UNITS, label=_("Unit"), help_text=_("Name or id."))
    share = forms.DecimalField(
        label=_("Share of time"), max_digits=5, decimal_places=4, initial=1, help_text=_("1 is all of it.")
    )
    start_on = DayField(label=_("Starts"))
    end_on = DayField(label=_("Ends"), required=False, help_text=_("The first day it is no longer held."))
    on = DayField(
        label=_("Holds from"),
        help_text=_("A change from a later day than the start ends the role there and goes on as another one."),
    )
    note = _note()

    def __init__(self, *args: Any, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, is_new=is_new, **kwargs)
        del self.fields["on" if is_new else "person_external_id"]


class LineForm(OrgForm):
    """A secondary line between two units or two people."""

    thing = Thing.LINES
    external_id = _id(OWN_ID)
    kind = forms.ChoiceField(label=_("Kind of line"), choices=LineKind.choices)
    from_external_id = PickField(Thing.UNITS, label=_("Leads from"), help_text=_("Name or id."))
    to_external_id = PickField(Thing.UNITS, label=_("Leads to"), help_text=_("Name or id."))
    start_on = DayField(label=_("Starts"), required=False)
    end_on = DayField(label=_("Ends"), required=False, help_text=_("The first day it is no longer there."))
    # `note` is the line's own remark here, the log has none
    AROUND: ClassVar[tuple[str, ...]] = ()
    note = forms.CharField(label=_("Remark"), required=False, max_length=200)

    def __init__(self, *args: Any, between: Thing, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.between = between
        for name in ("from_external_id", "to_external_id"):
            field = PickField(between, label=self.fields[name].label, help_text=self.fields[name].help_text)
            field.widget.url = kwargs["pick_urls"][between]  # type: ignore[attr-defined]
            field.show_hidden_initial = self.fields[name].show_hidden_initial
            self.fields[name] = field


FORMS: Mapping[Thing, type[OrgForm]] = {
    Thing.UNITS: UnitForm,
    Thing.SEATS: SeatForm,
    Thing.PEOPLE: PersonForm,
    Thing.ASSIGNMENTS: AssignmentForm,
    Thing.LINES: LineForm,
}
