"""Roadmaps: steps as days, a skip confirmed in words, and milestones that are rows which the progress KPIs count."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from kpis.engine.specs import COMPANY
from kpis.queries.milestones import Punctuality, current_milestones
from kpis.queries.values import as_book, current_values
from kpis.services.milestones import enter_milestone
from omnichannel.core.periods import month_of
from omnichannel.jobs.choices import JobKind
from omnichannel.workspaces.models import Workspace
from orgstages.catalogue import load_stages
from orgstages.errors import SkipNotConfirmed
from orgstages.models import Roadmap
from orgstages.queries.roadmaps import RoadmapView, roadmap
from orgstages.roadmap_drawing import WIDTH, Bar, draw
from orgstages.roadmap_plan import is_confirmed, planned_steps, skipped_stages
from orgstages.services.acting import Actor
from orgstages.services.roadmaps import Wanted, begin_roadmap, cancel_roadmap, change_milestone
from roles.catalogue import RoleKey
from roles.queries.org_chart import unit_tree
from tests.kpis.door import work
from tests.kpis.retailer import put_values
from tests.orgstages.world import write_organisation

WAY, SKIP = "sales-led-to-user-growth-driven", "project-team-to-user-growth-driven"
ON_TIME = "objective_on_time_rate"
ENGLISH = {"accept-language": "en"}


def test_the_way_from_sales_led_to_user_growth_has_five_ordered_steps_with_days() -> None:
    steps = planned_steps(load_stages().transitions[WAY], start=date(2026, 1, 5))
    assert [(step.order, step.weeks, step.due_on.isoformat()) for step in steps] == [
        (1, 2, "2026-01-19"),
        (2, 6, "2026-03-02"),
        (3, 6, "2026-04-13"),
        (4, 8, "2026-06-08"),
        (5, 8, "2026-08-03"),
    ]
    assert [step.begins_on for step in steps[1:]] == [step.due_on for step in steps[:-1]]


def test_only_the_route_that_skips_a_stage_asks_for_the_name_of_what_it_leaves_out() -> None:
    ways = load_stages().transitions
    assert [stage.key.value for stage in skipped_stages(ways[SKIP])] == ["strong-department"]
    assert is_confirmed(ways[SKIP], "优势部门主导阶段")
    assert is_confirmed(ways[SKIP], "  strong-DEPARTMENT stage ")
    assert not is_confirmed(ways[SKIP], "yes")
    assert not is_confirmed(ways[SKIP], "")
    assert [key for key, way in ways.items() if not is_confirmed(way, "")] == [SKIP]


def test_the_picture_keeps_every_mark_inside_and_words_where_they_fit() -> None:
    start = date(2026, 1, 5)
    days = [start + timedelta(days=step) for step in (14, 56, 210)]
    bars = [Bar(start, day, day, None, "coming", "step", "coming") for day in days]
    drawn = draw(bars, start=start, today=start + timedelta(days=30))
    assert drawn.today is not None
    assert 0 < drawn.today < WIDTH
    assert all(0 <= one.left <= one.mark <= WIDTH and one.width >= 0 for one in drawn.bars)
    assert [one.words_left for one in drawn.bars] == [False, False, True]
    assert all(0 < x < WIDTH for x, _label in drawn.ticks)
    assert draw(bars, start=start, today=date(2030, 1, 1)).today is None


@pytest.fixture
def actor(in_workspace: Workspace) -> Actor:
    """A writer in a workspace with an organisation."""
    write_organisation()
    return Actor(None, "Asia/Shanghai", timezone.localdate())


def seen(pk: int, actor: Actor) -> RoadmapView:
    return roadmap(pk, today=actor.today, tree=unit_tree(as_of=actor.today))


def rate(day: date) -> Decimal | None:
    """Return the stored on-time rate of objectives in the month of the day."""
    value = as_book(current_values(month_of(day), kpis=[ON_TIME])).get((ON_TIME, COMPANY))
    return value.value if value else None


def test_a_late_milestone_lowers_the_on_time_rate_and_calling_off_takes_it_out(actor: Actor) -> None:
    due = month_of(actor.today).previous().start + timedelta(days=14)
    put_values(month_of(due), [])
    made = begin_roadmap("BU1", transition=WAY, start_on=due - timedelta(weeks=2), actor=actor, owner="LEAD")
    first, second = seen(made.pk, actor).milestones[:2]
    assert [one.names.en for one in seen(made.pk, actor).milestones] == [
        step.names.en for step in load_stages().transitions[WAY].steps
    ]
    assert (first.planned_on, first.standing, first.owner) == (due, Punctuality.OVERDUE, "LEAD")
    assert {one.id for one in current_milestones(today=actor.today)} == {
        one.id for one in seen(made.pk, actor).milestones
    }
    work(JobKind.COMPUTE_VALUES)
    assert rate(due) == 0  # due, and not done
    said = {one.id: one.title for one in current_milestones(today=actor.today)}
    assert said == {one.id: one.names.both for one in seen(made.pk, actor).milestones}
    typed = {"milestone_id": first.id, "title": "测算会", "kind": "objective", "owner_role": "omni-strategy"}
    enter_milestone(typed | {"unit_id": "BU1", "planned_on": due.isoformat()}, actor_id=None, zone=actor.zone)

    def done(one_pk: int, planned: date, day: date | None, *, shifts: bool = False) -> int:
        wanted = Wanted(planned, day, RoleKey.OMNI_STRATEGY, "LEAD", shifts=shifts)
        return change_milestone(made.pk, milestone=one_pk, wanted=wanted, actor=actor)

    assert done(first.pk, due, due) == 1
    work(JobKind.COMPUTE_VALUES)
    assert rate(due) == 100
    assert seen(made.pk, actor).milestones[0].title == "测算会"  # what was typed into the table stays
    assert done(second.pk, due + timedelta(days=1), due + timedelta(days=3)) == 1
    work(JobKind.COMPUTE_VALUES)
    assert rate(due) == 50
    now = seen(made.pk, actor)
    assert [one.standing for one in now.milestones[:2]] == [Punctuality.ON_TIME, Punctuality.LATE]
    assert now.milestones[1].moved_days == (now.milestones[1].planned_on - second.planned_on).days
    third, fourth = now.milestones[2:4]
    later = timedelta(days=7)
    assert done(third.pk, third.planned_on + later, None, shifts=True) == 3  # with the two after it
    assert seen(made.pk, actor).milestones[3].planned_on == fourth.planned_on + later
    coming = [one for one in seen(made.pk, actor).milestones if one.planned_on >= actor.today]
    assert cancel_roadmap(made.pk, reason="新的方案", actor=actor) == len(coming)
    over = seen(made.pk, actor)
    assert over.is_over
    assert sum(one.is_called_off for one in over.milestones) == len(coming)
    kinds = {one.id: one.kind for one in current_milestones(today=actor.today)}
    assert {kinds[one.id] for one in coming} == {"called_off"}
    work(JobKind.COMPUTE_VALUES)
    assert rate(due) == 50  # what was due before counts as it stood


def test_a_skip_is_kept_only_when_what_it_leaves_out_is_typed(actor: Actor) -> None:
    with pytest.raises(SkipNotConfirmed):
        begin_roadmap("BU2", transition=SKIP, start_on=actor.today, actor=actor)
    assert not Roadmap.objects.exists()
    assert current_milestones(today=actor.today) == []
    made = begin_roadmap("BU2", transition=SKIP, start_on=actor.today, actor=actor, confirmation="优势部门主导阶段")
    assert made.skip_confirmed == "优势部门主导阶段"
    assert seen(made.pk, actor).milestones[0].is_next


def test_every_fault_of_a_new_roadmap_is_told_at_once(actor: Actor, signed_in: Callable[..., Client]) -> None:
    sent = {"unit": "BU2", "transition": SKIP, "start_on": actor.today.isoformat(), "role": "omni-strategy"}
    client = signed_in("executive")
    page = client.post(
        "/w/acme/stages/roadmaps/new/", sent | {"owner": "谁", "confirmation": "错", "note": "留着"}, headers=ENGLISH
    )
    told = page.content.decode()
    assert page.status_code == 422
    assert "“谁” names no one person" in told
    assert "This route skips a stage. Type" in told
    assert 'value="留着"' in told
    misread = sent | {"owner": "谁", "confirmation": "错", "note": "x" * 1001}
    page = client.post("/w/acme/stages/roadmaps/new/", misread, headers=ENGLISH)
    told = page.content.decode()  # what cannot be read is told beside what the rules refuse
    assert told.count('class="field__errors"') == 3
    assert "This route skips a stage. Type" in told


def test_a_roadmap_is_begun_changed_and_exported_in_the_browser(actor: Actor, signed_in: Callable[..., Client]) -> None:
    client = signed_in("executive")
    asked = {"unit": "BU1", "transition": WAY, "start_on": actor.today.isoformat()}
    page = client.get("/w/acme/stages/roadmaps/new/", asked, headers=ENGLISH).content.decode()
    assert "Stores and centre share targets" in page
    answer = client.post("/w/acme/stages/roadmaps/new/", asked | {"role": "omni-strategy", "owner": "LEAD"})
    assert answer.status_code == 302
    url = answer["Location"]
    shown = client.get(url, headers=ENGLISH).content.decode()
    assert "next: in 14 days" in shown
    assert shown.count("<rect class=") == 2 * 5  # drawn for wide screens and for phones
    (pk,) = re.findall(r"roadmaps/(\d+)/", url)
    milestone = seen(int(pk), actor).milestones[0]
    place = f"{url}milestones/{milestone.pk}/"
    row = {"planned_on": milestone.planned_on.isoformat(), "role": "user-ops", "owner": "nobody of that name"}
    wrong = client.post(place, row, headers=ENGLISH)
    assert wrong.status_code == 422
    assert "names no one person" in wrong.content.decode()
    ahead = client.post(place, row | {"owner": "U1", "done_on": (actor.today + timedelta(days=1)).isoformat()})
    assert ahead.status_code == 422
    tomorrow = (actor.today + timedelta(days=1)).isoformat()
    all_wrong = client.post(place, row | {"planned_on": "", "done_on": tomorrow}, headers=ENGLISH)
    assert all_wrong.content.decode().count('class="field__errors"') == 3
    nameless = {"title": "", "planned_on": "soon", "role": "omni-strategy", "owner": "谁"}
    told = client.post(f"{url}milestones/", nameless, headers=ENGLISH).content.decode()
    assert told.count('class="field__errors"') == 3
    assert "“谁” names no one person" in told
    assert client.post(place, row | {"owner": "U1", "done_on": actor.today.isoformat()}).status_code == 302
    own = {"title": "对齐预算", "planned_on": actor.today.isoformat(), "role": "omni-strategy"}
    assert client.post(f"{url}milestones/", own).status_code == 302
    lines = list(csv.DictReader(io.StringIO(client.get(f"{url}milestones.csv").content.decode("utf-8-sig"))))
    assert [(line["milestone"], line["standing"], line["owner_id"]) for line in lines[:2]] == [
        ("对齐预算", "coming", ""),
        ("测算私域收入占比与渠道冲突", "early", "U1"),
    ]
    listed = client.get("/w/acme/stages/roadmaps/", headers=ENGLISH).content.decode()
    assert "女装事业部" in listed
    bounded = signed_in("line_manager", unit_external_id="BU2")
    assert bounded.get(url).status_code == 404
    assert "女装事业部" not in bounded.get("/w/acme/stages/roadmaps/").content.decode()
    assert bounded.post(f"{url}cancel/", {"reason": "x"}).status_code == 403
    assert client.post(f"{url}cancel/", {"reason": ""}).status_code == 422
    assert client.post(f"{url}cancel/", {"reason": "改走别的路"}).status_code == 302
    assert client.post(f"{url}milestones/", own).status_code == 409
