"""The form of a request for ad budget. It checks shape; the service checks the rules of the ladder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from kpis.budget_choices import AskMetricName, RungName
from kpis.incentives.budget_asks import METRICS, Instalment, Rung
from kpis.services.pay.budget_asks import NOTE, AskInput
from omnichannel.core.dayfields import day_field

CAMPAIGNS = "budget-campaigns"  # the list of suggestions on the page
PARTS = 4
CONDITIONS = tuple(each.id for each in METRICS.values() if each.rung is Rung.MIDDLE)


class AskForm(forms.Form):
    """A request with a target for each metric that is filled in, and up to four instalments."""

    purpose = forms.CharField(label=_("What for"), max_length=NOTE, widget=forms.Textarea(attrs={"rows": 2}))
    amount = forms.DecimalField(label=_("Amount (CNY)"), max_digits=16, decimal_places=2)
    starts_on = day_field(_("First day"))
    ends_on = day_field(_("Last day"))
    campaign = forms.CharField(
        label=_("Campaign"),
        max_length=64,
        required=False,
        help_text=_("Its id. Without one, the ads of all campaigns count."),
        widget=forms.TextInput(attrs={"list": CAMPAIGNS, "autocomplete": "off"}),
    )
    channel = forms.CharField(label=_("Channel"), max_length=80, required=False)
    unit = forms.ChoiceField(label=_("Unit"), required=False)

    def __init__(self, *args: Any, units: Sequence[tuple[str, str]], needs_unit: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["unit"]
        assert isinstance(choice, forms.ChoiceField)  # noqa: S101 - tells the type checker what stands above
        choice.choices = [*units] if needs_unit else [("", _("Company")), *units]
        choice.required = needs_unit
        for metric in METRICS:
            self.fields[f"target_{metric}"] = _number(AskMetricName(metric).label)
        for part in range(1, PARTS + 1):
            self.fields[f"part_{part}_on"] = day_field(_("Planned day"), required=False)
            self.fields[f"part_{part}_amount"] = _number(_("Amount (CNY)"), places=2)
            for metric in CONDITIONS if part > 1 else ():
                self.fields[f"part_{part}_{metric}"] = _number(AskMetricName(metric).label)

    def clean(self) -> dict[str, Any] | None:
        """Tell which half of an instalment is missing."""
        data = super().clean() or {}
        for part in range(1, PARTS + 1):
            day, amount = data.get(f"part_{part}_on"), data.get(f"part_{part}_amount")
            if day is None and (amount is not None or self._conditions(part)):
                self.add_error(f"part_{part}_on", _("On which day?"))
            if amount is None and (day is not None or self._conditions(part)):
                self.add_error(f"part_{part}_amount", _("How much?"))
        return data

    def _conditions(self, part: int) -> dict[str, Decimal]:
        found = {metric: self.cleaned_data.get(f"part_{part}_{metric}") for metric in CONDITIONS}
        return {metric: value for metric, value in found.items() if value is not None}

    @property
    def asked(self) -> AskInput:
        """Return the request as the service takes it; what could not be read is empty, and no day an endless one."""
        data = self.cleaned_data
        targets = {metric: data.get(f"target_{metric}") for metric in METRICS}
        return AskInput(
            purpose=data.get("purpose", ""),
            amount=data.get("amount", Decimal(0)),
            starts_on=data.get("starts_on", date.min),
            ends_on=data.get("ends_on", date.max),
            campaign=data.get("campaign", ""),
            channel=data.get("channel", ""),
            unit=data.get("unit", ""),
            targets={metric: value for metric, value in targets.items() if value is not None},
            instalments=[
                Instalment(data[f"part_{part}_on"], data[f"part_{part}_amount"], self._conditions(part))
                for part in self._filled()
            ],
        )

    def _filled(self) -> list[int]:
        """Return the instalments that are filled in; none while one of them cannot be read."""
        if _has_part(self.errors):
            return []
        return [part for part in range(1, PARTS + 1) if self.cleaned_data.get(f"part_{part}_on") is not None]

    def tell(self, faults: Mapping[str, str]) -> None:
        """Put what the service refused at the fields it is about, without what rests on a field that is not read."""
        unread, filled = set(self.errors), self._filled()
        first = {rung.value: next(each.id for each in METRICS.values() if each.rung is rung) for rung in Rung}
        for field, message in faults.items():
            head, _dot, rest = field.partition(".")
            place = field
            if head == "targets":
                place = f"target_{first.get(rest, rest)}"
            elif head == "instalments":
                place = f"part_{filled[int(rest) - 1]}_on" if rest else "part_1_amount"
            if place not in unread and not self._rests_on(unread, head, rest):
                self.add_error(place if place in self.fields else None, message)

    def _rests_on(self, unread: set[str], head: str, rest: str) -> bool:
        """Tell whether a fault may be none once the unread fields are filled in."""
        if head == "targets":
            return any(f"target_{each.id}" in unread for each in METRICS.values() if each.rung.value == rest)
        return head == "instalments" and (_has_part(unread) or (not rest and "amount" in unread))

    def rungs(self) -> Iterator[tuple[str, list[BoundField]]]:
        """Yield the rungs with the fields of their targets."""
        for rung in Rung:
            names = [f"target_{each.id}" for each in METRICS.values() if each.rung is rung]
            yield str(RungName(rung.value).label), [self[name] for name in names]

    def parts(self) -> Iterator[tuple[int, list[BoundField]]]:
        """Yield the instalments with their fields."""
        for part in range(1, PARTS + 1):
            yield part, [self[name] for name in self.fields if name.startswith(f"part_{part}_")]

    def general(self) -> list[BoundField]:
        """Return the fields before the ladder."""
        return [self[name] for name in self.fields if not name.startswith(("target_", "part_"))]


class DecisionForm(forms.Form):
    """What is decided on a request, and why."""

    action = forms.ChoiceField(choices=[(each, each) for each in ("release", "refuse")])
    instalment = forms.IntegerField(required=False, min_value=1)
    reason = forms.CharField(required=False, max_length=NOTE)


def _has_part(names: Iterable[str]) -> bool:
    return any(name.startswith("part_") for name in names)


def _number(label: Any, *, places: int = 4) -> forms.DecimalField:
    return forms.DecimalField(label=label, required=False, max_digits=16, decimal_places=places)
