"""A plan as a document: read from a form or a program with every fault named by its place, and written. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from omnichannel.core.periods import Grain, Period, month_of, period_or_none
from roles.catalogue import ExpectationLevel
from talent.headcount.budgeting import CONTINGENCY, ENTERED_TYPES
from talent.headcount.plan import PlanSpec, Rate, RateSource, Section
from talent.headcount.staffing import Line, Norm, Outsourced

MOST_MONTHS, MOST_UNITS = 36, 40
LARGEST = Decimal(10) ** 12
GROWTH = (Decimal(-50), Decimal(50))
SHARE = (Decimal(0), Decimal(50))
SMALLEST_RATE = Decimal("0.0001")
MOST_FTE = Decimal(100_000)
PLACES = 4


class Fault(StrEnum):
    """What is wrong with a value."""

    REQUIRED = "required"
    NOT_A_NUMBER = "not_a_number"
    OUT_OF_RANGE = "out_of_range"
    TOO_MANY_PLACES = "too_many_places"
    NOT_A_MONTH = "not_a_month"
    NOT_A_DAY = "not_a_day"
    OVERLAP = "overlap"
    UNKNOWN = "unknown"
    TWICE = "twice"
    SHAPE = "shape"


@dataclass(frozen=True, slots=True)
class Issue:
    """A fault at a place of the document, as a JSON pointer; `allowed` tells what would have been taken."""

    pointer: str
    fault: Fault
    allowed: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """The ids that a document may name."""

    roles: Collection[str]
    drivers: Collection[str]
    units: Collection[str]


@dataclass
class Reading:
    """Reads values and remembers every fault."""

    issues: list[Issue] = field(default_factory=list)

    def fault(self, pointer: str, fault: Fault, allowed: str = "") -> None:
        """Remember a fault."""
        self.issues.append(Issue(pointer, fault, allowed))

    def mapping(self, said: object, pointer: str, known: Collection[str] | None = None) -> dict[str, Any]:
        """Return an object whose keys are known."""
        if said is None:
            return {}
        if not isinstance(said, Mapping):
            self.fault(pointer, Fault.SHAPE)
            return {}
        unknown = [key for key in said if known is not None and key not in known]
        for key in unknown:
            self.fault(f"{pointer}/{key}", Fault.UNKNOWN)
        return {str(key): value for key, value in said.items() if key not in unknown}

    def number(
        self, said: object, pointer: str, *, low: Decimal = Decimal(0), high: Decimal = LARGEST
    ) -> Decimal | None:
        """Return a number of at most four places within the range; None where nothing was said."""
        if said is None or said == "":
            return None
        try:
            found = Decimal(str(said)) if not isinstance(said, bool) else None
        except InvalidOperation:
            found = None
        if found is None or not found.is_finite():
            self.fault(pointer, Fault.NOT_A_NUMBER)
        elif not low <= found <= high:
            self.fault(pointer, Fault.OUT_OF_RANGE, f"{low:f} – {high:f}")
        elif round(found, PLACES) != found:
            self.fault(pointer, Fault.TOO_MANY_PLACES)
        else:
            return found
        return None

    def needed(self, said: object, pointer: str, *, low: Decimal = Decimal(0), high: Decimal = LARGEST) -> Decimal:
        """Return a number that must be there."""
        if said is None or said == "":
            self.fault(pointer, Fault.REQUIRED)
        return self.number(said, pointer, low=low, high=high) or low

    def word(self, said: object, pointer: str, known: Collection[str]) -> str:
        """Return a word of a closed list."""
        if isinstance(said, str) and said in known:
            return said
        self.fault(pointer, Fault.UNKNOWN if said else Fault.REQUIRED, ", ".join(sorted(known)[:12]))
        return ""

    def line(self, said: object, pointer: str, months: Mapping[str, int]) -> Line:
        """Return a quantity by month."""
        node = self.mapping(said, pointer, ("base", "growth", "months"))
        base = self.number(node.get("base"), f"{pointer}/base")
        growth = self.number(node.get("growth"), f"{pointer}/growth", low=GROWTH[0], high=GROWTH[1])
        said_months = self.mapping(node.get("months"), f"{pointer}/months", months)
        values = {
            months[month]: value
            for month, text in said_months.items()
            if (value := self.number(text, f"{pointer}/months/{month}")) is not None
        }
        return Line(base, growth or Decimal(0), values)


def read_plan(said: object, known: Known) -> tuple[PlanSpec | None, tuple[Issue, ...]]:
    """Read a document. With faults there is no plan, and every one of them is named."""
    reading = Reading()
    node = reading.mapping(said, "", ("start", "months", "contingency_percent", "norms", "rates", "units"))
    start, count = _span(node, reading)
    first = month_of(start)
    months = {str(first.previous(-step)): step for step in range(count)}
    contingency = reading.number(
        node.get("contingency_percent"), "/contingency_percent", low=SHARE[0], high=SHARE[1]
    )  # fmt: skip
    norms = {
        role: _norm(role, each, reading, known)
        for role, each in reading.mapping(node.get("norms"), "/norms", known.roles).items()
    }
    rates = {
        role: _rate(each, f"/rates/{role}", reading)
        for role, each in reading.mapping(node.get("rates"), "/rates", known.roles).items()
    }
    sections = _sections(node.get("units"), reading, known, months)
    if reading.issues:
        return None, tuple(reading.issues)
    return PlanSpec(start, count, norms, rates, sections, contingency), ()


def _span(node: Mapping[str, Any], reading: Reading) -> tuple[date, int]:
    text = node.get("start")
    period: Period | None = period_or_none(text) if isinstance(text, str) else None
    if period is None or period.grain is not Grain.MONTH:
        reading.fault("/start", Fault.NOT_A_MONTH if text else Fault.REQUIRED)
    count = node.get("months")
    whole = isinstance(count, int) and not isinstance(count, bool)
    if not whole or not 1 <= count <= MOST_MONTHS:  # type: ignore[operator]
        reading.fault("/months", Fault.OUT_OF_RANGE, f"1 – {MOST_MONTHS}")
        count = 1
    return (period.start if period else date(2000, 1, 1)), int(count)  # type: ignore[arg-type]


def _norm(role: str, said: object, reading: Reading, known: Known) -> Norm:
    at = f"/norms/{role}"
    node = reading.mapping(said, at, ("driver", "units_per_fte", "minimum"))
    return Norm(
        role,
        reading.word(node.get("driver"), f"{at}/driver", known.drivers),
        reading.needed(node.get("units_per_fte"), f"{at}/units_per_fte", low=SMALLEST_RATE),
        reading.needed(node.get("minimum"), f"{at}/minimum", high=MOST_FTE),
    )


def _rate(said: object, at: str, reading: Reading) -> Rate:
    node = reading.mapping(said, at, ("monthly", "source", "people"))
    source = reading.word(
        node.get("source", RateSource.ENTERED.value), f"{at}/source", [each.value for each in RateSource]
    )
    people = reading.number(node.get("people"), f"{at}/people", high=MOST_FTE)
    monthly = reading.number(node.get("monthly"), f"{at}/monthly")
    return Rate(monthly, RateSource(source or RateSource.ENTERED), int(people or 0))


def _sections(said: object, reading: Reading, known: Known, months: Mapping[str, int]) -> tuple[Section, ...]:
    if not isinstance(said, Sequence) or isinstance(said, str) or not 1 <= len(said) <= MOST_UNITS:
        reading.fault("/units", Fault.OUT_OF_RANGE if isinstance(said, list) else Fault.SHAPE, f"1 – {MOST_UNITS}")
        return ()
    found: list[Section] = []
    for index, each in enumerate(said):
        section = _section(each, f"/units/{index}", reading, known, months)
        if section.unit and section.unit in {one.unit for one in found}:
            reading.fault(f"/units/{index}/unit", Fault.TWICE)
        found.append(section)
    return tuple(found)


def _section(said: object, at: str, reading: Reading, known: Known, months: Mapping[str, int]) -> Section:
    node = reading.mapping(said, at, ("unit", "levels", "drivers", "costs", "outsourced"))
    levels = {
        role: reading.word(level, f"{at}/levels/{role}", [each.value for each in ExpectationLevel])
        for role, level in reading.mapping(node.get("levels"), f"{at}/levels", known.roles).items()
    }
    drivers = {
        driver: reading.line(line, f"{at}/drivers/{driver}", months)
        for driver, line in reading.mapping(node.get("drivers"), f"{at}/drivers", known.drivers).items()
    }
    costs = {
        kind: reading.line(line, f"{at}/costs/{kind}", months)
        for kind, line in reading.mapping(node.get("costs"), f"{at}/costs", (*ENTERED_TYPES, CONTINGENCY)).items()
    }
    return Section(
        reading.word(node.get("unit"), f"{at}/unit", known.units),
        {role: ExpectationLevel(level) for role, level in levels.items() if level},
        drivers,
        costs,
        {
            role: _outsourced(each, f"{at}/outsourced/{role}", reading)
            for role, each in reading.mapping(node.get("outsourced"), f"{at}/outsourced", known.roles).items()
        },
    )


def _outsourced(said: object, at: str, reading: Reading) -> Outsourced:
    node = reading.mapping(said, at, ("fte", "invoice"))
    return Outsourced(
        reading.needed(node.get("fte"), f"{at}/fte", high=MOST_FTE),
        reading.needed(node.get("invoice"), f"{at}/invoice"),
    )


def plan_json(spec: PlanSpec) -> dict[str, Any]:
    """Write a plan; numbers are texts, so that none loses a digit."""
    months = [str(period) for period in spec.periods]
    return {
        "start": months[0],
        "months": spec.months,
        "contingency_percent": None if spec.contingency is None else _text(spec.contingency),
        "norms": {
            role: {"driver": norm.driver, "units_per_fte": _text(norm.units_per_fte), "minimum": _text(norm.minimum)}
            for role, norm in spec.norms.items()
        },
        "rates": {
            role: {
                "monthly": None if rate.monthly is None else _text(rate.monthly),
                "source": rate.source.value,
                "people": rate.people,
            }
            for role, rate in spec.rates.items()
        },
        "units": [_section_json(section, months) for section in spec.sections],
    }


def _section_json(section: Section, months: Sequence[str]) -> dict[str, Any]:
    return {
        "unit": section.unit,
        "levels": {role: level.value for role, level in section.levels.items()},
        "drivers": {driver: _line_json(line, months) for driver, line in section.drivers.items()},
        "costs": {kind: _line_json(line, months) for kind, line in section.costs.items()},
        "outsourced": {
            role: {"fte": _text(each.fte), "invoice": _text(each.invoice)}
            for role, each in section.outsourced.items()
        },
    }  # fmt: skip


def _line_json(line: Line, months: Sequence[str]) -> dict[str, Any]:
    return {
        "base": None if line.base is None else _text(line.base),
        "growth": _text(line.growth),
        "months": {months[index]: _text(value) for index, value in sorted(line.months.items())},
    }


def _text(number: Decimal) -> str:
    """Write a number without needless zeros."""
    return f"{number.normalize():f}"
