"""A statement as a receipt: amount, causes, distance to the next step, lines with clause and workings, corrections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from kpis.choices import PayRunState
from kpis.incentives.calculating import ahead
from kpis.incentives.ledger_rows import FINDERS
from kpis.incentives.specs import BaseSpec, Component, Plan, ScoreBonus, Unit
from kpis.incentives.texts import read_plan
from kpis.incentives.wording import Vocabulary, component_sentence
from kpis.models import PayAdjustment, PayDispute, PayLine, PayRun, PayStatement
from kpis.queries.pay.plans import vocabulary
from kpis.queries.pay.receipt_words import (
    base_of,
    bound_words,
    missing_words,
    money,
    part_words,
    quantity_words,
    rounding_of,
)
from kpis.queries.pay.sharing import facts_of
from kpis.queries.pay.statements import Payment, corrections_on, history_of, previous_of
from omnichannel.core.numerals import show
from omnichannel.core.periods import parse_period
from omnichannel.core.text import Bilingual
from roles.queries.library import role_library
from roles.queries.org_chart import unit_tree
from roles.queries.people import people_names

ZERO = Decimal(0)
CAUSES = 3
CLOSED = (PayRunState.LOCKED, PayRunState.PAID)


@dataclass(frozen=True, slots=True)
class LineView:
    """A line in the reader's words. `change` is against the month before; None where that had no such line."""

    line: PayLine
    name: str
    clause: str
    base: str
    quantity: str
    target: str
    attainment: Decimal | None
    workings: Sequence[str]
    bounds: Sequence[tuple[str, Decimal]]
    rounding: Decimal
    missing: str
    change: Decimal | None
    adjustments: Sequence[PayAdjustment]
    disputes: Sequence[PayDispute]

    @property
    def opens(self) -> bool:
        """True where the rows behind the base can be listed."""
        return self.base in FINDERS

    @property
    def running(self) -> PayDispute | None:
        """The dispute that waits for an answer."""
        return next((each for each in self.disputes if each.is_running), None)


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that made the amount, or its difference from the month before."""

    name: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Correction:
    """What this month pays or takes for a line of an earlier one."""

    adjustment: PayAdjustment
    name: str

    @property
    def statement(self) -> PayStatement:
        """The statement it corrects."""
        return self.adjustment.line.statement


@dataclass(frozen=True, slots=True)
class Receipt:
    """All that a statement shows. `previous` is the same plan's statement of the closed month before, if any."""

    statement: PayStatement
    plan: Plan
    person: str
    unit: str
    role: str
    lines: Sequence[LineView]
    bounds: Sequence[tuple[str, Decimal]]
    corrections: Sequence[Correction]
    causes: Sequence[Cause]
    steps: Sequence[str]
    previous: PayStatement | None
    history: Sequence[tuple[str, Payment]]

    @property
    def run(self) -> PayRun:
        """The run it belongs to."""
        return self.statement.run

    @property
    def corrected(self) -> Decimal:
        """CNY of the corrections."""
        return sum((each.adjustment.amount for each in self.corrections), ZERO)

    @property
    def payable(self) -> Decimal:
        """What this month pays: the statement and the corrections."""
        return self.statement.amount + self.corrected

    @property
    def is_closed(self) -> bool:
        """True once the month is locked: no line changes any more."""
        return self.run.state in CLOSED

    @property
    def state(self) -> str:
        """Return where the money stands, as a person who waits for it says."""
        said = {PayRunState.LOCKED: pgettext("pay", "Locked"), PayRunState.PAID: _("Paid out")}
        return said.get(PayRunState(self.run.state), _("Estimate"))

    @property
    def change(self) -> Decimal | None:
        """CNY against the month before."""
        return None if self.previous is None else self.statement.amount - self.previous.amount

    @property
    def highest(self) -> Decimal:
        """The most that a month of the history paid, at least 1: the full width of its bar."""
        return max([Decimal(1), *(payment.amount for _month, payment in self.history)])

    @property
    def incomplete(self) -> Sequence[LineView]:
        """The lines that miss something."""
        return [each for each in self.lines if each.missing]


def receipt(statement: PayStatement) -> Receipt:
    """Return a statement as its reader sees it. The lines come with `statement`, with what happened to them since."""
    language, words = get_language() or "en", vocabulary()
    plan = read_plan(statement.plan.content)
    period = parse_period(statement.run.period)
    previous = previous_of(statement)
    before = {each.component: each.amount for each in previous.lines.all()} if previous else {}
    corrections = [Correction(each, _name_of(each.line, language)) for each in corrections_on(statement)]
    components = {each.id: each for each in plan.components}
    lines = [
        line_view(each, components[each.component], words, before=before if previous else None)
        for each in statement.lines.all()
    ]
    person, tree = statement.person_external_id, unit_tree(as_of=period.last_day)
    unit = tree.nodes.get(statement.unit_external_id)
    role = role_library().roles.get(statement.role_key)  # type: ignore[call-overload] # keys are texts
    return Receipt(
        statement=statement,
        plan=plan,
        person=people_names([person]).get(person, person),
        unit=unit.name if unit else statement.unit_external_id,
        role=role.names.in_language(language) if role else statement.role_key,
        lines=lines,
        bounds=[(bound_words(each, words), Decimal(each["delta"])) for each in statement.bounds],
        corrections=corrections,
        causes=_causes(lines, corrections, is_compared=previous is not None),
        steps=next_steps(plan, statement, words.bases),
        previous=previous,
        history=history_of(person, until=statement.run.period, most=12),
    )


def line_of(line: PayLine) -> LineView:
    """Return one line of a statement by itself."""
    plan = read_plan(line.statement.plan.content)
    component = next(each for each in plan.components if each.id == line.component)
    return line_view(line, component, vocabulary(), before=None)


def line_view(
    line: PayLine, component: Component, words: Vocabulary, *, before: Mapping[str, Decimal | None] | None
) -> LineView:
    """Put a line into words."""
    language, workings, base = get_language() or "en", line.workings, base_of(component.rule)
    spec = words.bases.get(base)
    quantity, target = _number(workings["quantity"]), _number(workings["target"])
    was = before.get(line.component) if before is not None else None
    return LineView(
        line=line,
        name=_name_of(line, language),
        clause=component_sentence(component, words, language),
        base=base,
        quantity=_quantity(quantity, component, spec),
        target="" if target is None else quantity_words(target, spec),
        attainment=quantity / target * 100 if quantity is not None and target else None,
        workings=[part_words(each, component.rule, words.bases) for each in workings["parts"]],
        bounds=[(bound_words(each, words), Decimal(each["delta"])) for each in workings["bounds"]],
        rounding=ZERO if line.amount is None else rounding_of(component, workings, line.amount),
        missing=missing_words(workings["missing"], words),
        change=None if was is None or line.amount is None else line.amount - was,
        adjustments=list(line.adjustments.all()),
        disputes=list(line.disputes.all()),
    )


def next_steps(plan: Plan, statement: PayStatement, bases: Mapping[str, BaseSpec]) -> list[str]:
    """Return how far the next step of each ladder is, in what it counts, and what that would pay more."""
    language, found = get_language() or "en", []
    is_over = statement.run.state in CLOSED
    for each in ahead(plan, facts_of(statement, plan), dict(bases)):
        spec = bases[base_of(each.component.rule)]
        places = 0 if spec.unit is Unit.COUNT else 2
        slots = {
            "more": show(each.more, "", language=language, places=places).text,
            "what": spec.counter.in_language(language),
            "gain": money(each.gain, signed=True),
            "line": each.component.names.in_language(language),
        }
        if is_over:
            said = ngettext(
                "%(line)s: %(more)s more %(what)s would have reached the next step: %(gain)s",
                "%(line)s: %(more)s more %(what)s would have reached the next step: %(gain)s",
                int(each.more),
            )
        else:
            said = ngettext(
                "%(line)s: %(more)s more %(what)s reach the next step: %(gain)s",
                "%(line)s: %(more)s more %(what)s reach the next step: %(gain)s",
                int(each.more),
            )
        found.append(said % slots)
    return found


def _causes(lines: Sequence[LineView], corrections: Sequence[Correction], *, is_compared: bool) -> list[Cause]:
    """Return the three lines that moved the amount most since the month before, or that make most of it."""
    if is_compared:
        found = [Cause(each.name, each.change) for each in lines if each.change]
    else:
        found = [Cause(each.name, each.line.amount) for each in lines if each.line.amount]
    corrected = sum((each.adjustment.amount for each in corrections), ZERO)
    if corrected:
        found.append(Cause(_("Corrections of earlier months"), corrected))
    return sorted(found, key=lambda each: -abs(each.amount))[:CAUSES]


def _quantity(quantity: Decimal | None, component: Component, spec: BaseSpec | None) -> str:
    if quantity is None:
        return ""
    if isinstance(component.rule, ScoreBonus):
        return show(quantity, "", language=get_language() or "en", places=2).text
    return quantity_words(quantity, spec)


def _name_of(line: PayLine, language: str) -> str:
    return Bilingual(**line.workings["names"]).in_language(language)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
