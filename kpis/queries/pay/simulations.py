"""Simulations as they are read: the list, one with its figures, its people, and whether its inputs still hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from kpis.choices import PayPlanState
from kpis.incentives.calculating import BoundKind
from kpis.incentives.edges import EdgeKind
from kpis.incentives.templates import load_bases
from kpis.models import PaySimulation, PaySimulationPerson
from kpis.queries.pay.simulated import Jump, Month, Outcome, Pair, Shut
from kpis.queries.pay.simulating import input_marks
from omnichannel.core.periods import parse_period
from omnichannel.core.text import Bilingual
from omnichannel.jobs.choices import ACTIVE
from roles.catalogue import RoleKey, roles_here
from roles.queries.org_chart import unit_tree
from roles.queries.people import people_called, people_names

SORTS = ("change", "-change", "before", "-before", "after", "-after", "person")
KINDS = ("all", "winners", "losers")


@dataclass(frozen=True, slots=True)
class Told:
    """A simulation whole. `stale` names the inputs that have changed since."""

    row: PaySimulation
    outcomes: tuple[Outcome, ...]
    stale: tuple[str, ...]

    @property
    def is_busy(self) -> bool:
        """True while it waits or runs."""
        return self.row.result is None and self.row.job is not None and self.row.job.state in ACTIVE


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person of a simulation, with the components that make most of the difference."""

    row: PaySimulationPerson
    name: str
    unit: str
    role: Bilingual | None
    causes: tuple[tuple[Bilingual, Decimal], ...]


def simulations() -> QuerySet[PaySimulation]:
    """Return all simulations, the newest first, without what came out."""
    return PaySimulation.objects.select_related("job", "created_by").defer("result")


def told(row: PaySimulation) -> Told:
    """Return a simulation with its figures."""
    result = row.result or {}
    months = [month["period"] for month in result.get("labour", ())]
    names = _unit_names(row) if result else {}
    outcomes = tuple(
        _outcome(number, proposal, found, result, names)
        for number, (proposal, found) in enumerate(zip(row.proposals, result.get("proposals", ()), strict=False))
    )
    return Told(row, outcomes, stale_inputs(row, months) if result else ())


def stale_inputs(row: PaySimulation, months: Sequence[str]) -> tuple[str, ...]:
    """Return, in words, which inputs are others by now."""
    words = {
        "rows": _("the rows"),
        "organisation": _("the organisation"),
        "plans": _("the plans"),
        "targets": _("the targets"),
        "scores": _("the scores"),
        "alerts": _("the alerts"),
        "runs": _("the closed months"),
    }
    now = input_marks(months)
    return tuple(words[name] for name in words if row.marks.get(name) != now[name])


def people_of(row: PaySimulation, proposal: int, *, text: str, kind: str, unit: str, sort: str) -> QuerySet[Any]:
    """Return the people of a proposal that fit, in an order; the names of people are searched as well."""
    found = row.people.filter(proposal=proposal)
    if kind == "winners":
        found = found.filter(change__gt=0)
    elif kind == "losers":
        found = found.filter(change__lt=0)
    if unit:
        found = found.filter(unit_external_id=unit)
    if text:
        found = found.filter(Q(person_external_id__icontains=text) | Q(person_external_id__in=people_called(text)))
    order = sort.replace("person", "person_external_id")
    return found.order_by(order, "person_external_id")


def person_lines(
    rows: Sequence[PaySimulationPerson], outcome: Outcome, *, units: Mapping[str, str]
) -> list[PersonLine]:
    """Return rows with names and causes in words."""
    names = people_names([row.person_external_id for row in rows])
    return [
        PersonLine(
            row,
            names.get(row.person_external_id, row.person_external_id),
            units.get(row.unit_external_id, row.unit_external_id),
            role_name(row.role_key),
            tuple((outcome.parts.get(part) or part_name(part), Decimal(delta)) for part, delta in row.causes),
        )
        for row in rows
    ]


def movers(row: PaySimulation, proposal: int, *, most: int) -> list[PaySimulationPerson]:
    """Return those who win and lose most, winners first."""
    people = row.people.filter(proposal=proposal)
    return [
        *people.filter(change__gt=0).order_by("-change", "person_external_id")[:most],
        *people.filter(change__lt=0).order_by("change", "person_external_id")[:most],
    ]


def role_name(key: str) -> Bilingual | None:
    """Return what a role is called; None for one that is no more."""
    found = roles_here().roles.get(RoleKey(key))
    return found.names if found else None


def part_name(key: str) -> Bilingual:
    """Return what a bound of the whole sum is called."""
    names = {
        BoundKind.GUARANTEE.value: Bilingual("保底补足", "guarantee"),
        BoundKind.VARIABLE_CAP.value: Bilingual("总额封顶", "cap of the sum"),
    }
    return names.get(key, Bilingual(key, key))


def kind_name(kind: str) -> str:
    """Return what a jump or a closed door is called."""
    return {
        EdgeKind.STEP.value: _("Ladder"),
        EdgeKind.CLIFF.value: _("Cliff"),
        EdgeKind.PENALTY.value: _("Penalty line"),
        BoundKind.GATE.value: _("Gate"),
    }[kind]


def state_name(state: str) -> str:
    """Return where a proposal stood when it was tried."""
    return str(PayPlanState(state).label) if state else _("Ready plan")


def unit_names(row: PaySimulation) -> Mapping[str, str]:
    """Return what the units are called on the last day of the months."""
    return _unit_names(row)


def _unit_names(row: PaySimulation) -> dict[str, str]:
    return {node.external_id: node.name for node in unit_tree(as_of=parse_period(row.last).last_day)}


def _outcome(
    number: int,
    proposal: Mapping[str, Any],
    found: Mapping[str, Any],
    result: Mapping[str, Any],
    units: Mapping[str, str],
) -> Outcome:
    parts = {key: Bilingual(**names) for key, names in found["names"].items()}
    bases = load_bases()
    total = Pair(Bilingual(**proposal["names"]), Decimal(found["before"]), Decimal(found["after"]))
    most = max((each["count"] for each in found["bands"]), default=0)
    return Outcome(
        number=number,
        names=Bilingual(**proposal["names"]),
        key=proposal["key"],
        state=proposal["state"],
        total=total,
        months=tuple(_months(found, result)),
        winners=found["winners"],
        won=Decimal(found["won"]),
        losers=found["losers"],
        lost=Decimal(found["lost"]),
        unchanged=found["unchanged"],
        bands=tuple(_band(each, most) for each in found["bands"]),
        quantiles={name: None if text is None else Decimal(text) for name, text in found["quantiles"].items()},
        units=_pairs(found["units"], units),
        roles=_pairs(found["roles"], {each["id"]: role_name(each["id"]) or each["id"] for each in found["roles"]}),
        jumps=tuple(
            Jump(
                parts.get(each["component"], part_name(each["component"])),
                each["kind"],
                bases[each["base"]].names if each["base"] in bases else part_name(each["base"]),
                _near(each["before"]),
                _near(each["after"]),
            )
            for each in found["near"]
        ),
        shut=tuple(
            Shut(parts[each["component"]], each["kind"], _money(each["before"]), _money(each["after"]))
            for each in found["closed"]
        ),
        parts=parts,
        incomplete=found["incomplete"],
    )


def _months(found: Mapping[str, Any], result: Mapping[str, Any]) -> list[Month]:
    return [
        Month(
            month["period"],
            Decimal(month["before"]),
            Decimal(month["after"]),
            month["people_before"],
            month["people_after"],
            Decimal(labour["cost"]),
            labour["unknown"],
            Decimal(result["paid"][month["period"]]) if month["period"] in result["paid"] else None,
        )
        for month, labour in zip(found["months"], result["labour"], strict=True)
    ]


def _pairs(found: Sequence[Mapping[str, Any]], names: Mapping[str, Any]) -> tuple[Pair, ...]:
    pairs = [
        Pair(
            names.get(each["id"], each["id"]),
            Decimal(each["before"]),
            Decimal(each["after"]),
            each["people"],
            each["id"],
        )
        for each in found
    ]
    return tuple(sorted(pairs, key=lambda pair: (-abs(pair.change), pair.id)))


def _band(each: Mapping[str, Any], most: int) -> dict[str, Any]:
    low, high = (None if each[end] is None else Decimal(each[end]) for end in ("low", "high"))
    return {"low": low, "high": high, "count": each["count"], "most": most}


def _near(each: Mapping[str, Any]) -> dict[str, Any]:
    return {**each, "missed": Decimal(each["missed"]), "kept": Decimal(each["kept"])}


def _money(each: Mapping[str, Any]) -> dict[str, Any]:
    return {**each, "money": Decimal(each["money"])}
