"""The rows behind an operand, page by page or for all scopes at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from kpis.engine.relations import LINE, SEQ, SHEET
from kpis.engine.results import KINDS, exact, whole
from kpis.engine.scoping import scope_of
from kpis.engine.specs import Scope, SimpleMeasure
from kpis.engine.tracing.asking import Asking, ask, ask_everywhere
from kpis.engine.tracing.plans import Plan, PlannedPart, plan_of
from kpis.engine.tracing.shapes import Counted, RowPage, TracedRow
from kpis.engine.tracing.simple import COUNTED, DISTINCT

if TYPE_CHECKING:
    from kpis.engine.grammar import MeasureRef
    from kpis.engine.relations import Row
    from kpis.engine.specs import ScopeKind
    from kpis.engine.tracing.shapes import TraceWorld
    from omnichannel.core.periods import Period

PAGE = 50


def operand_rows(
    world: TraceWorld, ref: MeasureRef, *, period: Period, scope: Scope, after: int = 0, limit: int | None = PAGE
) -> RowPage:
    """Return the rows behind an operand from the `after`-th on (entities, where entities are counted); None: all.

    Rows of one entity always come together: first those of the table it is counted in, then what decided it.
    LookupError when a table was never loaded.
    """
    asking = ask(world, ref, period=period, scope=scope)
    lines, totals = lines_and_totals(asking, after=after, limit=limit)
    return page_of(asking, lines, total=sum(whole(row["n"]) for row in totals), after=after)


def lines_and_totals(asking: Asking, *, after: int, limit: int | None) -> tuple[list[Row], list[Row]]:
    """Return a page of what is listed, and what all of it adds up to (`n`, `amount`, `weight`; by `_scale`)."""
    plan = plan_of(asking)
    part = f" LIMIT {int(limit)} OFFSET {int(after)}" if limit is not None else f" OFFSET {int(after)}"
    lines = asking.context.relations.ask(asking.written(plan.lines) + part)
    if not plan.by_entity or not lines:
        return lines, totals_of(asking)
    return lines, [{name: lines[0][f"_all_{name}"] for name in ("n", "amount", "weight")}]


def totals_of(asking: Asking) -> list[Row]:
    """Return what the whole listing adds up to, without its rows."""
    return asking.context.relations.ask(asking.written(plan_of(asking).totals))


def page_of(asking: Asking, lines: Sequence[Row], *, total: int, after: int) -> RowPage:
    """Return a page, each entity with all its rows."""
    plan = plan_of(asking)
    rows = _grouped(asking, plan, lines) if plan.by_entity else (_traced(asking, plan.parts[0], row) for row in lines)
    ended = after + len(lines) >= total
    tables = tuple(part.table for part in plan.parts)
    scope = asking.only or Scope(KINDS[0])
    return RowPage(asking.ref, scope, tuple(rows), total, None if ended else after + len(lines), plan.by_entity, tables)


def rows_everywhere(
    world: TraceWorld, ref: MeasureRef, *, period: Period, kinds: frozenset[ScopeKind]
) -> dict[Scope, list[TracedRow]]:
    """Return all rows behind a reference at every scope of the kinds that has any, one query per table listed."""
    asking = ask_everywhere(world, ref, period=period, kinds=kinds)
    plan = plan_of(asking)
    found: dict[Scope, list[TracedRow]] = defaultdict(list)
    lines = asking.context.relations.ask(asking.written(plan.lines))
    if not plan.by_entity:
        for row in lines:
            found[scope_of(row)].append(_traced(asking, plan.parts[0], row))
        return dict(found)
    by_entity = [_by_entity(asking, part) for part in plan.parts]
    for line in lines:
        scope, entity = scope_of(line), str(line["_entity"])
        groups = [
            (part, rows.get((None if part.everywhere else scope, entity), []))
            for part, rows in zip(plan.parts, by_entity, strict=True)
        ]
        found[scope].extend(_of_entity(asking, plan, line, groups))
    return dict(found)


def _grouped(asking: Asking, plan: Plan, page: Sequence[Row]) -> Iterator[TracedRow]:
    ids = [str(line["_entity"]) for line in page]
    if not ids:
        return
    chosen: list[tuple[PlannedPart, dict[str, list[Row]]]] = []
    for part in plan.parts:
        groups: dict[str, list[Row]] = defaultdict(list)
        for row in asking.context.relations.ask(asking.written(part.sql, ids=ids)):
            groups[str(row["_entity"])].append(row)
        chosen.append((part, groups))
    for line in page:
        entity = str(line["_entity"])
        yield from _of_entity(asking, plan, line, [(part, rows.get(entity, [])) for part, rows in chosen])


def _by_entity(asking: Asking, part: PlannedPart) -> Mapping[tuple[Scope | None, str], list[Row]]:
    found: dict[tuple[Scope | None, str], list[Row]] = defaultdict(list)
    for row in asking.context.relations.ask(asking.written(part.sql)):
        found[None if part.everywhere else scope_of(row), str(row["_entity"])].append(row)
    return found


def _of_entity(
    asking: Asking, plan: Plan, line: Row, groups: Iterable[tuple[PlannedPart, Sequence[Row]]]
) -> Iterator[TracedRow]:
    """Yield an entity's rows; unless amounts stand on the rows, the first one carries what the entity adds."""
    facts = {name: line[name] for name in plan.facts}
    amount, weight, first = _number(line["_amount"]), _number(line["_weight"]), True
    for index, (part, rows) in enumerate(groups):
        for row in rows:
            if plan.per_row and index == 0:
                yield _traced(asking, part, row, facts=facts if first else {})
            elif first:
                counted = Counted.FIRST if amount else Counted.RANKED
                yield _traced(asking, part, row, counted=counted, adds=(amount, weight), facts=facts)
            else:
                counted = (Counted.AGAIN if amount else Counted.RANKED) if part.is_base else Counted.EVIDENCE
                yield _traced(asking, part, row, counted=counted, adds=(Fraction(0), weight and Fraction(0)))
            first = False


def _traced(
    asking: Asking,
    part: PlannedPart,
    row: Row,
    *,
    counted: Counted | None = None,
    adds: tuple[Fraction | None, Fraction | None] | None = None,
    facts: Mapping[str, object] | None = None,
) -> TracedRow:
    spec = asking.spec(part.table)
    amount, weight = adds if adds is not None else (_amount(row), _number(row.get("_weight")))
    entity = row.get("_entity")
    return TracedRow(
        table=part.table,
        key=tuple(row[name] for name in spec.key),
        seq=None if row[SEQ] is None else whole(row[SEQ]),
        sheet=str(row[SHEET] or ""),
        line=None if row[LINE] is None else whole(row[LINE]),
        cells={column.name: row[column.name] for column in spec.columns},
        counted_as=counted or _counted(asking, amount),
        amount=amount,
        weight=weight,
        entity="" if entity is None else str(entity),
        at=row.get("_at"),
        facts=facts or {},
    )


def _counted(asking: Asking, amount: Fraction | None) -> Counted:
    measure = asking.measure
    if amount is None:
        return Counted.EMPTY
    if not isinstance(measure, SimpleMeasure):
        return Counted.AMOUNT
    if measure.agg in DISTINCT:
        return Counted.FIRST if amount else Counted.AGAIN
    return Counted.ONE if measure.agg in COUNTED else Counted.AMOUNT


def _amount(row: Row) -> Fraction | None:
    """Return what a row adds; a rating on a scale is put on 0-100."""
    amount, scale = _number(row.get("_amount")), _number(row.get("_scale"))
    return amount * 100 / scale if amount is not None and scale else amount


def _number(value: object) -> Fraction | None:
    return None if value is None else exact(value)
