"""What training is needed in a unit on a day: the rules of `training_needs` over what is stored."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from kpis.queries.training_rows import training_rows
from roles.queries.org_chart import UnitTree, unit_tree
from roles.queries.people import holdings_of, people_within
from talent.courses.needs import Held, Known, Lack, Need, Offer, Trainee, needs
from talent.queries.certificates import certificates_of
from talent.queries.competence import levels_of
from talent.queries.training import Programme, programmes


def needs_of(unit: str, *, as_of: date, tree: UnitTree | None = None) -> tuple[Need, ...]:
    """Return who in the unit and below it needs which programme, and why; the number of queries does not grow."""
    tree = tree or unit_tree(as_of=as_of)
    units = tree.subtree(unit)
    rows = people_within(units, as_of=as_of).filter(unit__external_id__in=units)
    hired = dict(rows.order_by("person__external_id").values_list("person__external_id", "person__hired_on"))
    held = holdings_of(hired, as_of=as_of, tree=tree)
    trainees = [
        Trainee(person, day, tuple(sorted({holding.role_key.value for holding in held[person]})))
        for person, day in hired.items()
    ]
    return needs(trainees, offers_of(programmes().values()), _known(hired, as_of=as_of), day=as_of)


def offers_of(found: Collection[Programme]) -> list[Offer]:
    """Return what the rules look at in the programmes."""
    return [Offer(one.key, one.level.value, one.audience, one.certifies) for one in found]


def _known(people: Collection[str], *, as_of: date) -> Known:
    certified = certificates_of(people, as_of=as_of)
    done = training_rows(people=people)
    return Known(
        held={
            person: [Held(one.programme, one.number, one.expires_on) for one in mine if one.is_valid]
            for person, mine in certified.items()
        },
        completed={(row.person, row.programme) for row in done if row.completed_on and row.completed_on <= as_of},
        lacks={
            person: [
                Lack(role, gap.part.value, gap.names, gap.rated, gap.needed)
                for role, summary in found.items()
                for gap in summary.gaps
            ]
            for person, found in levels_of(people, as_of=as_of).items()
        },
    )
