"""Competence arithmetic and the radar: levels, gaps and fit of constructed ratings, recomputed by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from omnichannel.core.text import Bilingual
from roles.catalogue import RoleKey, load_roles
from roles.catalogue.checks import check_roles
from roles.catalogue.competence import Part, load_competence
from roles.role_texts import from_library
from talent.choices import RatedBy
from talent.people.gaps import gaps_of, model_of, own_key, summarise
from talent.people.radar import radar
from talent.queries.competence import RatedLine, RatedOn, summaries

DAY = date(2026, 11, 1)
USER_OPS = load_roles().roles[RoleKey.USER_OPS]


def test_the_competence_catalogue_has_no_hole() -> None:
    assert check_roles() == ()
    found = load_competence()
    assert set(found.models) == set(RoleKey)
    for model in found.models.values():
        assert {each.part for each in model.abilities} == set(Part)
        for each in model.abilities:
            assert set(each.needed) == {"specialist", "manager", "director"}
            assert len(each.anchors) == 3
            assert all(text.zh.strip() and text.en.strip() for text in each.anchors)


def test_gaps_are_sorted_by_size_and_then_by_what_is_needed() -> None:
    model = model_of(USER_OPS)
    rated = {
        "user-insight": 2,  # needs 3
        "data-driven-work": 1,  # needs 3
        "campaign-planning": 1,  # needs 2
        "community-operation": 3,  # needs 2
        "cross-team-work": 0,  # needs 3
    }
    gaps = gaps_of(model, rated, job_level="director")
    assert [(gap.ability, gap.size) for gap in gaps] == [
        ("cross-team-work", 3),
        ("data-driven-work", 2),
        ("user-insight", 1),
        ("campaign-planning", 1),
    ]
    found = summarise(model, rated, role="user-ops", job_level="director", rated_on=DAY)
    # 2 + 1 + 1 + 2 (of 3 shown) + 0 of 3 + 3 + 2 + 2 + 3
    assert found.fit == Decimal("0.46")
    assert found.part(Part.PROFESSIONAL).level == Decimal("1.50")
    assert found.part(Part.PROFESSIONAL).needed == Decimal("3.00")
    assert found.part(Part.MANAGERIAL).level == Decimal("0.00")


def test_what_was_not_rated_counts_in_nothing() -> None:
    model = model_of(USER_OPS)
    found = summarise(model, {"user-insight": 1}, role="user-ops", job_level="specialist", rated_on=DAY)
    assert (found.fit, found.gaps, found.unrated) == (Decimal("1.00"), (), 4)
    assert found.part(Part.MANAGERIAL).level is None


def test_a_workspace_ability_and_an_altered_level_are_part_of_the_model() -> None:
    own = Bilingual("直播话术", "Live-stream scripts")
    role = from_library(USER_OPS)
    changed = type(role)(**{name: getattr(role, name) for name in role.__slots__} | _fields(role, own))
    model = {each.key: each for each in model_of(changed, {("user-insight", "specialist"): 3})}
    assert model[own_key(own)].is_own
    assert model[own_key(own)].needed == {"specialist": 1, "manager": 2, "director": 2}
    assert model["user-insight"].needed["specialist"] == 3
    assert model["user-insight"].altered == {"specialist"}
    assert len(model) == 6


def _fields(role: object, own: Bilingual) -> dict[str, object]:
    spec = load_roles().roles[RoleKey.USER_OPS]
    plain = {name: getattr(spec, name) for name in spec.__slots__}
    return plain | {"abilities": (*spec.abilities, own), "is_hidden": False, "is_own": False, "changed": frozenset()}


def test_the_radar_draws_no_side_of_which_an_ability_is_open() -> None:
    found = radar(
        ["a", "b", "c", "Communication and service"], needed=[1, 2, 3, 2], rated=[1, 1, 1, 1], own=[2, None, 1, 1]
    )
    assert found is not None
    assert found.own == ""
    assert found.rated.split(" ")[0] == "230.0,118.0"  # one third of the radius above the middle
    assert found.needed.split(" ")[2] == "230.0,246.0"  # the whole radius below it
    assert [axis.anchor for axis in found.axes] == ["middle", "start", "middle", "end"]
    assert [line for line, _height in found.axes[3].label] == ["Communication", "and service"]
    assert radar(["a", "b"], needed=[1, 1], rated=[1, 1], own=[1, 1]) is None


def test_a_rating_of_abilities_that_the_role_no_longer_has_is_not_judged() -> None:
    line = RatedLine("gone", "旧", "Old", 2, "")
    rating = RatedOn(1, "E1", "user-ops", "specialist", RatedBy.MANAGER, DAY, "", True, {"gone": line})
    models = {"user-ops": model_of(USER_OPS)}
    assert summaries({("E1", "user-ops"): rating}, models=models) == {}
    known = replace(rating, lines={"gone": line, "user-insight": replace(line, ability="user-insight")})
    assert summaries({("E1", "user-ops"): known}, models=models)["E1"]["user-ops"].fit == 1
