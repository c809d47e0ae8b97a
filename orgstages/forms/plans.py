"""Forms of roadmaps, relations and team phases. They check shape; services check rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from omnichannel.core.dayfields import day_field
from orgstages.catalogue import load_stages
from roles.catalogue import RoleKey
from roles.queries.library import library_role_options

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

PEOPLE, UNITS = "plan-people", "plan-units"  # the lists of suggestions on a page


def owner_field(label: StrOrPromise, *, required: bool = False) -> forms.CharField:
    """Return a field that takes a person's name or number."""
    widget = forms.TextInput(attrs={"list": PEOPLE, "autocomplete": "off"})
    return forms.CharField(
        label=label, required=required, max_length=200, widget=widget, help_text=_("A name or a number.")
    )


class PlanForm(forms.Form):
    """A form whose ids carry a prefix, since a page shows several; roles are offered by their names."""

    def __init__(self, data: object = None, *, key: str = "", **kwargs: object) -> None:
        super().__init__(data, auto_id=f"{key}-%s" if key else "id_%s", **kwargs)  # type: ignore[arg-type]
        field = self.fields.get("role")
        if isinstance(field, forms.ChoiceField):
            field.choices = library_role_options(str(self["role"].value()))

    def clean_role(self) -> RoleKey:
        """Return the typed key."""
        return RoleKey(self.cleaned_data["role"])


class RouteForm(forms.Form):
    """Which unit goes which way from which day on."""

    unit = forms.ChoiceField(label=_("Unit"))
    transition = forms.ChoiceField(label=_("Transition"))
    start_on = day_field(_("Start"))

    def __init__(self, data: object = None, *, units: Sequence[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(data, **kwargs)  # type: ignore[arg-type]
        for name, options in (("unit", units), ("transition", transitions())):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells the type checker what stands above
            field.choices = [("", _("Choose")), *options]


class BeginForm(PlanForm):
    """Who owns the steps at first, and for a route that skips a stage the words that confirm it."""

    role = forms.ChoiceField(label=_("Role in charge"), initial=RoleKey.OMNI_STRATEGY.value)
    owner = owner_field(_("Person in charge"))
    note = forms.CharField(label=_("Remark"), required=False, max_length=1000)
    confirmation = forms.CharField(label=_("Confirmation"), required=False, max_length=160)


class MilestoneForm(PlanForm):
    """A milestone's days and owner."""

    planned_on = day_field(_("Planned"))
    done_on = day_field(_("Done on"), required=False, help_text=_("Empty while it is not done."))
    role = forms.ChoiceField(label=_("Role in charge"))
    owner = owner_field(_("Person in charge"))
    shifts = forms.BooleanField(label=_("Move the open ones after it by as many days"), required=False)


class OwnMilestoneForm(PlanForm):
    """A milestone of one's own."""

    title = forms.CharField(label=_("Milestone"), max_length=160)
    planned_on = day_field(_("Planned"))
    role = forms.ChoiceField(label=_("Role in charge"), initial=RoleKey.OMNI_STRATEGY.value)
    owner = owner_field(_("Person in charge"))


class ReasonForm(PlanForm):
    """Why something is given up."""

    reason = forms.CharField(label=_("Reason"), max_length=300)


class RelationForm(PlanForm):
    """Between which units a relation stands, and who sees to it from when on."""

    giver = forms.CharField(label=_("Gives"), max_length=200, widget=forms.TextInput(attrs={"list": UNITS}))
    receiver = forms.CharField(label=_("Receives"), max_length=200, widget=forms.TextInput(attrs={"list": UNITS}))
    owner = owner_field(_("Person in charge"), required=True)
    since = day_field(_("Holds from"))
    note = forms.CharField(label=_("Remark"), required=False, max_length=300)


class PhaseForm(PlanForm):
    """Which phase a team enters, and when."""

    phase = forms.ChoiceField(label=_("Phase"))
    since = day_field(_("Enters on"))
    reason = forms.CharField(label=_("Reason"), required=False, max_length=300)

    def __init__(self, data: object = None, *, phases: Sequence[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(data, **kwargs)  # type: ignore[arg-type]
        field = self.fields["phase"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - as above
        field.choices = list(phases)


class TickForm(PlanForm):
    """What shows that a criterion is met, and since when."""

    met_on = day_field(_("Met on"))
    evidence = forms.CharField(
        label=_("Evidence"), max_length=600, help_text=_("What shows it: a report, a figure, a link.")
    )


def transitions() -> list[tuple[str, str]]:
    """Return every route with both ends in the reader's language."""
    catalogue, language = load_stages(), get_language()
    return [
        (
            way.id,
            " → ".join(
                catalogue.subtypes[end].names.in_language(language) for end in (way.from_subtype, way.to_subtype)
            ),
        )
        for way in catalogue.transitions.values()
    ]
