"""Who needs which programme: each rule by itself, and together."""

from __future__ import annotations

from datetime import date, timedelta

from omnichannel.core.text import Bilingual
from roles.catalogue.training import load_training
from talent.courses.needs import EXPIRING, GAP, MISSING, NEW, Held, Known, Lack, Need, Offer, Trainee, needs

DAY = date(2026, 11, 22)
OFFERS = [
    Offer(spec.key, spec.level.value, tuple(spec.audience), spec.certifies)
    for spec in load_training().programmes.values()
]
LONG_AGO = DAY - timedelta(days=900)


def found(*people: Trainee, held: dict[str, list[Held]] | None = None, lacks: dict[str, list[Lack]] | None = None,
          completed: set[tuple[str, str]] | None = None) -> tuple[Need, ...]:  # fmt: skip
    return needs(people, OFFERS, Known(held or {}, completed or set(), lacks or {}), day=DAY)


def kinds(found: tuple[Need, ...]) -> list[tuple[str, str, list[str]]]:
    return [(need.person, need.programme, [reason.kind for reason in need.reasons]) for need in found]


def lack(role: str, part: str) -> Lack:
    return Lack(role, part, Bilingual("数据分析", "data analysis"), 1, 3)


def test_a_role_without_a_valid_certificate_needs_its_first_certifying_programme() -> None:
    assert kinds(found(Trainee("A", LONG_AGO, ("user-ops",)))) == [("A", "operator-training", [MISSING])]
    assert kinds(found(Trainee("A", LONG_AGO, ("digital-guide",)))) == [("A", "frontline-practice", [MISSING])]
    assert found(Trainee("A", LONG_AGO, ("omni-strategy",))) == ()  # none of its programmes certifies
    later = Held("skill-path", "N1", None)
    assert found(Trainee("A", LONG_AGO, ("user-ops",)), held={"A": [later]}) == ()


def test_a_certificate_that_expires_within_sixty_days_is_renewed_unless_a_later_one_stands() -> None:
    soon, day_after = Held("operator-training", "N1", DAY + timedelta(days=60)), DAY + timedelta(days=61)
    person = Trainee("A", LONG_AGO, ("user-ops",))
    (need,) = found(person, held={"A": [soon]})
    assert (need.programme, need.reasons[0].kind, need.reasons[0].words) == ("operator-training", EXPIRING, "N1")
    assert found(person, held={"A": [Held("operator-training", "N1", day_after)]}) == ()
    assert found(person, held={"A": [soon, Held("operator-training", "N2", DAY + timedelta(days=400))]}) == ()


def test_a_gap_leads_to_a_programme_of_the_role_and_management_for_the_managerial_part() -> None:
    person = Trainee("A", LONG_AGO, ("user-ops",))
    held = {"A": [Held("operator-training", "N1", None)]}
    assert kinds(found(person, held=held, lacks={"A": [lack("user-ops", "professional")]})) == [
        ("A", "skill-path", [GAP])
    ]
    lead = Trainee("B", LONG_AGO, ("omni-strategy",))
    assert kinds(found(lead, lacks={"B": [lack("omni-strategy", "managerial")]})) == [("B", "strategy-workshop", [GAP])]
    both = found(person, lacks={"A": [lack("user-ops", "professional")]})
    assert kinds(both) == [("A", "operator-training", [MISSING, GAP])]  # one line, both reasons


def test_new_people_need_what_is_for_everybody_until_they_have_done_it() -> None:
    new = Trainee("A", DAY - timedelta(days=90), ())
    assert kinds(found(new)) == [("A", "awareness", [NEW]), ("A", "onboarding", [NEW])]
    assert kinds(found(new, completed={("A", "awareness")})) == [("A", "onboarding", [NEW])]
    assert found(Trainee("A", DAY - timedelta(days=91), ())) == ()
    assert found(Trainee("A", DAY + timedelta(days=1), ())) == ()
