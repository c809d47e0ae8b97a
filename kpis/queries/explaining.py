"""One figure explained: the sentence, the formula with its numbers, what each operand counts, and what it rests on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Max
from django.utils.translation import override

from kpis.choices import NoDataReason
from kpis.engine.arithmetic import rounded
from kpis.engine.explain import Token, definition_hash, known_operands, params_of, tokens
from kpis.engine.grammar import MeasureRef
from kpis.engine.narrowing import unavailable_at
from kpis.engine.plan import PlannedKpi, measure_tables, plan_kpi
from kpis.engine.simple import STOCKS
from kpis.engine.specs import KpiSpec, Library, NoData, SimpleMeasure, TableSpec, Value
from kpis.engine.windows import span_of
from kpis.library.params import PARAMS
from kpis.models import Computation, KpiValue, Part, Target, Upload
from kpis.queries.counting import Counted, counted_value
from kpis.queries.definitions import library_at
from kpis.queries.figure_places import Place, definitions_of, stored_row
from kpis.queries.formulas import MeasureWords, operand_label, operand_words, readable
from kpis.queries.scope_words import Names, both
from kpis.queries.tracing import computed_world
from kpis.queries.uploads import visible
from kpis.queries.values import FIELDS, as_value
from omnichannel.core.numerals import MINUS, show
from omnichannel.core.text import Bilingual
from roles.queries.org_chart import UnitTree

WRITTEN_TO = {"CNY": 2, "CNY/month": 2, "percent": 2, "per_mille": 2, "0..1": 2}


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that was asked for: its value, the stored row (None when it was counted just now), its definitions.

    `known_at` is the moment as known at which its rows are those it was computed from; None: the rows that count now.
    `is_changed`: uploads have come or gone since it was computed; `is_reorganised`: the organisation has changed.
    """

    place: Place
    value: Value
    row: KpiValue | None
    library: Library
    known_at: datetime | None
    is_changed: bool
    is_reorganised: bool = False

    @property
    def traced(self) -> Place:
        """Return the place as known when the figure was computed."""
        return replace(self.place, known_at=self.known_at)


def read_figure(place: Place, *, tree: UnitTree) -> Figure | None:
    """Return the figure of a place, stored or counted; None for a KPI that never was.

    NotNarrowable when the KPI cannot be counted over the rows of `place.where` only.
    """
    row = stored_row(place)
    library = definitions_of(place, row)
    if library is None:
        return None
    standing = computed_world(place.period, at=place.known_at)
    known_at = standing.known_at if row is not None or place.known_at is None else place.known_at
    if row is not None:
        value = as_value([getattr(row, name) for name in FIELDS])
    elif (missing := unavailable_at(library, place.kpi, place.scope.kind)) is not None:
        value = Value(place.kpi, place.scope, None, reason=NoData.NOT_AT_SCOPE, detail=missing[0])
    else:
        value = counted_value(replace(place, known_at=known_at), library=library, tree=tree)
    return Figure(place, value, row, library, known_at, standing.is_changed, standing.is_reorganised)


@dataclass(frozen=True, slots=True)
class OperandView:
    """One operand: what it counts and where, the days it covers, and its value as far as it is known.

    `is_stock`: counted at the end of its days, not over them. `is_known` is False until somebody opens the data.
    """

    place: int
    ref: MeasureRef
    label: Bilingual
    words: MeasureWords
    first_day: date
    last_day: date
    is_stock: bool
    is_known: bool
    value: Decimal | None
    reason: str = ""

    @property
    def exact(self) -> str:
        """Return the value with every digit."""
        return "" if self.value is None else full(self.value)


@dataclass(frozen=True, slots=True)
class ParamView:
    """A parameter that the figure depends on, and the value it was computed with."""

    name: str
    names: Bilingual
    value: str


@dataclass(frozen=True, slots=True)
class TableState:
    """How far the data of a table reach that the figure reads; None while nothing is loaded."""

    table: TableSpec
    last_day: date | None
    newest_upload: int | None


@dataclass(frozen=True, slots=True)
class Ground:
    """What a stored figure rests on. `is_current_definition`: today's definition gives the same hash.

    `is_newest`: no data came or went and the organisation has not changed since it was computed.
    """

    library_version: str
    definition_hash: str
    is_current_definition: bool
    computed_at: datetime
    upload_seq: int
    is_newest: bool
    is_reorganised: bool
    is_current: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that is told about one figure. `formula` writes operands as places in `operands`."""

    place: Place
    spec: KpiSpec
    name: Bilingual
    value: Value
    target: Decimal | None
    sentence: Bilingual
    in_words: Bilingual
    formula: tuple[Token, ...]
    operands: tuple[OperandView, ...]
    params: tuple[ParamView, ...]
    tables: tuple[TableState, ...]
    ground: Ground | None

    @property
    def is_complete(self) -> bool:
        """Return whether every operand's value is known."""
        return all(each.is_known for each in self.operands)

    def numbers(self, language: str) -> str:
        """Return the formula with the operands' numbers in place of their names; one that is missing is `?`."""
        return "".join(_written(token, self.operands, language) for token in self.formula)


def _written(token: Token, operands: Sequence[OperandView], language: str) -> str:
    if token.operand is None:
        return token.text
    value = operands[token.operand].value
    if value is None:
        return "?"
    text = str(show(value, language=language, places=_places(value)).text)
    return f"({text})" if text.startswith(MINUS) else text


def _places(value: Decimal) -> int:
    """Return how many decimals a number in a formula needs: none for a whole one, at most four."""
    digits = -int(value.normalize().as_tuple().exponent)
    return max(0, min(4, digits))


def explain_figure(figure: Figure, *, names: Names, counted: Counted | None = None) -> Explanation:
    """Explain a figure. `counted` are the operands worked out from the data: exact values, or reasons for none.

    Without `counted`, operands are as far known as the stored figure tells them.
    """
    place, value, library, row = figure.place, figure.value, figure.library, figure.row
    spec, planned = library.kpis[place.kpi], plan_kpi(library, place.kpi)
    name = told_name(place, names)
    return Explanation(
        place=place,
        spec=spec,
        name=name,
        value=value,
        target=None if place.where else _target(place),
        sentence=_sentence(spec, value, name, place),
        in_words=readable(place.kpi, library=library),
        formula=tokens(planned),
        operands=_operands(library, planned, place, value, counted),
        params=_params(library, place.kpi),
        tables=_tables(library, planned),
        ground=None if row is None else _ground(row, figure),
    )


def told_name(place: Place, names: Names) -> Bilingual:
    """Return the name of the scope, and of what narrows it."""
    found = [names[scope] for scope in place.scopes]
    return Bilingual(" · ".join(each.zh for each in found), " · ".join(each.en for each in found))


def _target(place: Place) -> Decimal | None:
    scope = place.scope
    found = Target.objects.filter(
        period=str(place.period), kpi=place.kpi, scope_kind=scope.kind.value, scope_id=scope.id
    )
    return found.values_list("value", flat=True).first()


def _sentence(spec: KpiSpec, value: Value, name: Bilingual, place: Place) -> Bilingual:
    told = {"scope": name, "period": str(place.period), "kpi": spec.names}
    if value.value is None:
        label = NoDataReason(value.reason.value).label if value.reason else ""
        reason = in_both(lambda: str(label))
        head = both("%(scope)s, %(period)s: %(kpi)s has no value. %(reason)s.", **told, reason=reason)
        return _joined(head, spec.definition)
    head = both("%(scope)s, %(period)s: %(kpi)s is %(value)s.", **told, value=written(value.value, spec.unit))
    rows = both("%(rows)s rows count for it.", rows=f"{value.rows:,}")
    return _joined(head, spec.definition, rows)


def full(value: Decimal) -> str:
    """Return a number with thousands, all its decimals and a true minus."""
    text = f"{value:,f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", MINUS)


def written(value: Decimal, unit: str) -> Bilingual:
    """Return a figure as both languages write it, in full: money to the cent, shares to two decimals."""
    if unit in WRITTEN_TO:
        return Bilingual(*(str(show(value, unit, language=code, places=WRITTEN_TO[unit])) for code in ("zh", "en")))
    return Bilingual(*(show(value, unit, language=code).exact for code in ("zh", "en")))


def in_both(read: Callable[[], str]) -> Bilingual:
    """Return a translated text in both languages."""
    found = []
    for code in ("zh-hans", "en"):
        with override(code):
            found.append(read())
    return Bilingual(*found)


def _joined(*parts: Bilingual) -> Bilingual:
    def ended(text: str, stop: str) -> str:
        return text if not text or text[-1] in "。.!！" else text + stop

    return Bilingual(
        "".join(ended(part.zh, "。") for part in parts), " ".join(ended(part.en, ".") for part in parts if part.en)
    )


def _operands(
    library: Library,
    planned: PlannedKpi,
    place: Place,
    value: Value,
    counted: Counted | None,
) -> tuple[OperandView, ...]:
    if counted is None:
        told = known_operands(library, planned, value=value.value, top=value.numerator, bottom=value.denominator)
        counted = {ref: (amount, "") for ref, amount in told.items()}
        if len(planned.refs) == 1 and value.value is None and value.reason is not None:
            counted[planned.refs[0]] = (None, value.reason.value)
    found = []
    for number, ref in enumerate(planned.refs):
        span, words = span_of(place.period, ref.window), operand_words(ref, library.params)
        measure = library.measures[ref.measure]
        amount, reason = counted.get(ref, (None, ""))
        is_stock = isinstance(measure, SimpleMeasure) and measure.agg in STOCKS
        found.append(
            OperandView(
                place=number,
                ref=ref,
                label=operand_label(ref),
                words=words,
                first_day=span.start,
                last_day=span_last(span.end),
                is_stock=is_stock,
                is_known=ref in counted,
                value=None if amount is None else rounded(amount),
                reason=reason,
            )
        )
    return tuple(found)


def span_last(end: date) -> date:
    """Return the last day of a half-open range."""
    return date.fromordinal(end.toordinal() - 1)


def _param(library: Library, name: str) -> str:
    return str(getattr(library.params, name))


def _params(library: Library, kpi: str) -> tuple[ParamView, ...]:
    return tuple(
        ParamView(name, PARAMS[name].names if name in PARAMS else Bilingual(name, name), _param(library, name))
        for name in params_of(library, kpi)
    )


def _tables(library: Library, planned: PlannedKpi) -> tuple[TableState, ...]:
    """Return the tables the formula reads with the last day of their data, in one query."""
    read = dict.fromkeys(table for ref in planned.refs for table in measure_tables(library.measures[ref.measure]))
    rows = (
        Part.objects.filter(upload__in=Upload.objects.filter(visible()), table_id__in=list(read))
        .order_by()
        .values("table_id")
        .annotate(day=Max("last_day"), newest=Max("upload_id"))
    )
    found = {row["table_id"]: row for row in rows}
    nothing: Mapping[str, None] = {"day": None, "newest": None}
    return tuple(
        TableState(library.tables[name], found.get(name, nothing)["day"], found.get(name, nothing)["newest"])
        for name in read
    )


def _hash_now(place: Place) -> str:
    """Return the hash of the definition that counts now in the period; empty where the KPI is not defined any more."""
    library = library_at(place.period.last_day)
    return definition_hash(library, place.kpi) if place.kpi in library.kpis else ""


def _ground(row: KpiValue, figure: Figure) -> Ground:
    computation: Computation = row.computation
    return Ground(
        library_version=computation.library_version,
        definition_hash=row.definition_hash,
        is_current_definition=_hash_now(figure.place) == row.definition_hash,
        computed_at=computation.finished_at,
        upload_seq=computation.upload_seq,
        is_newest=not (figure.is_changed or figure.is_reorganised),
        is_reorganised=figure.is_reorganised,
        is_current=row.is_current,
    )
