"""Capabilities A-07, B-02 and B-06 through HTTP: what features.md says a user sees."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.catalogue import StageKey, SubtypeKey
from roles.queries.org_chart import unit_tree
from roles.services.stages import adopt_stage
from roles.services.sync import AssignmentInput, PersonInput, SeatInput, upsert_assignments, upsert_people, upsert_seats
from talent.choices import Pool, RatedBy
from talent.models import PoolStay, Rating
from talent.queries.competence import levels_of
from talent.queries.filling import filling
from talent.queries.people_risk import key_person_risks
from talent.queries.pools import pool_sizes, stays_on
from talent.services.pools import Place, put_in
from talent.services.rating import Rater, Sheet, save_rating
from tests.roles.organisation import write_organisation

SINCE = date(2026, 1, 5)
LEVELS = {
    "user-insight": 1,
    "data-driven-work": 0,
    "campaign-planning": 2,
    "community-operation": 2,
    "cross-team-work": 1,
}
RATER = Rater(user_id=None, today=date(2026, 2, 20))
Signed = Callable[..., Client]
Api = Callable[..., APIClient]


@pytest.fixture
def talent(workspace: Workspace) -> Workspace:
    """A retailer whose group works sales-led: E6 alone holds user-ops, member-ops and content, nobody strategy."""
    with workspace_scope(workspace.pk):
        write_organisation()
        adopt_stage("G", stage=StageKey.STRONG_DEPARTMENT, subtype=SubtypeKey.SALES_LED, on=SINCE, actor_id=None)
    return workspace


def page(client: Client, route: str, slug: str, *args: str, **query: str) -> str:
    """Read a page that must stand."""
    answer = client.get(reverse(route, args=[slug, *args]), query)
    assert answer.status_code == 200, (route, answer.status_code)
    return answer.content.decode()


def rows_of(client: Client, route: str, slug: str, **query: str) -> list[dict[str, str]]:
    """Read an export."""
    text = client.get(reverse(route, args=[slug]), query).content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def sheet_data(levels: dict[str, int], **more: str) -> dict[str, str]:
    """Fill in the rating sheet."""
    chosen = {f"level-{key}": str(level) for key, level in levels.items()}
    return {"job_level": "specialist", "rated_on": timezone.localdate().isoformat(), **chosen, **more}


def test_a07_a_role_shows_its_abilities_in_three_parts_and_levels_and_a_person_is_rated_against_them(
    talent: Workspace, signed_in: Signed
) -> None:
    slug, hr = talent.slug, signed_in("hr_lead")
    role_page = page(hr, "roles:role", slug, "user-ops")
    model_url = reverse("talent:role_competence", args=[slug, "user-ops"])
    assert f'hx-get="{model_url}"' in role_page
    model = page(hr, "talent:role_competence", slug, "user-ops")
    for words in ("专业能力", "运营能力", "管理能力", "专员", "经理", "总监", "1 基础", "2 熟练", "3 精通"):
        assert words in model
    for words in ("用户洞察", "社群运营", "能按既有标签圈选人群"):
        assert words in model
    rate = reverse("talent:rate", args=[slug, "E6", "user-ops"])
    assert "能拆解漏斗" in hr.get(rate).content.decode()
    # saved half-way, gone on with, finished
    half = sheet_data({"user-insight": 1}, save="1", **{"remark-user-insight": "会看标签"})
    assert hr.post(rate, half).status_code == 302
    resumed = hr.get(rate).content.decode()
    assert 'value="会看标签"' in resumed
    with workspace_scope(talent.pk):
        assert levels_of(["E6"], as_of=timezone.localdate()) == {}  # a draft counts in nothing
    unfinished = hr.post(rate, sheet_data({"user-insight": 1}, finish="1"))
    assert unfinished.status_code == 422
    assert unfinished.content.decode().count("field__error") >= 4  # every ability that is open, at once
    assert hr.post(rate, sheet_data(LEVELS, finish="1")).status_code == 302
    assert hr.post(rate, sheet_data(LEVELS, finish="1")).status_code == 302  # the second half of a double click
    with workspace_scope(talent.pk):
        assert Rating.objects.filter(person_external_id="E6").count() == 1
    shown = page(hr, "talent:person_competence", slug, "E6")
    assert "数据驱动 0 → 1" in shown
    assert 'class="radar__rated"' in shown
    assert reverse("talent:person_competence", args=[slug, "E6"]) in page(hr, "roles:person", slug, "E6")
    listed = {(row["person_id"], row["role"]): row for row in rows_of(hr, "talent:competence_file", slug)}
    assert listed["E6", "user-ops"]["gaps"] == "数据驱动 -1"
    assert listed["E6", "user-ops"]["fit"] == "0.83"
    assert listed["E6", "content-marketing"]["fit"] == ""


def test_a07_a_needed_level_that_the_workspace_alters_counts_from_its_day_and_goes_back(
    talent: Workspace, signed_in: Signed
) -> None:
    slug, hr, today = talent.slug, signed_in("hr_lead"), timezone.localdate()
    with workspace_scope(talent.pk):
        sheet = Sheet("specialist", date(2026, 2, 10), LEVELS)
        save_rating("E6", role="user-ops", rated_by=RatedBy.MANAGER, sheet=sheet, rater=RATER, finish=True)
    url = reverse("talent:role_competence", args=[slug, "user-ops"])
    need = {"since": today.isoformat(), "note": "新的要求"}
    fields = {f"need-{key}-{level}": "" for key in LEVELS for level in ("specialist", "manager", "director")}
    answer = hr.post(url, need | fields | {"need-user-insight-specialist": "3"})
    assert answer.status_code == 302, answer.content.decode()
    with workspace_scope(talent.pk):
        (before,) = levels_of(["E6"], as_of=today - timedelta(days=1))["E6"].values()
        (after,) = levels_of(["E6"], as_of=today)["E6"].values()
    assert [gap.ability for gap in before.gaps] == ["data-driven-work"]
    assert [(gap.ability, gap.size) for gap in after.gaps] == [("user-insight", 2), ("data-driven-work", 1)]
    assert hr.post(url, need | fields).status_code == 302
    with workspace_scope(talent.pk):
        assert levels_of(["E6"], as_of=today)["E6"]["user-ops"].gaps == before.gaps
    assert signed_in("executive").post(url, need).status_code == 403


def test_a07_self_rating_stands_beside_and_nobody_reads_or_writes_what_is_not_theirs(
    talent: Workspace, signed_in: Signed
) -> None:
    slug = talent.slug
    guide = signed_in("guide", person_external_id="E3")
    manager = signed_in("line_manager", unit_external_id="R01", person_external_id="E2")
    own, role = {"product-knowledge": 3, "digital-tools": 1, "segmented-follow-up": 1}, "digital-guide"
    levels = own | {"communication-and-service": 1}
    rate = reverse("talent:rate", args=[slug, "E3", role])
    assert guide.post(rate, sheet_data(levels, finish="1")).status_code == 302
    assert manager.post(rate, sheet_data(levels | {"product-knowledge": 2}, finish="1")).status_code == 302
    shown = page(guide, "talent:person_competence", slug, "E3")
    assert 'class="radar__own"' in shown
    assert 'class="radar__rated"' in shown
    with workspace_scope(talent.pk):
        assert levels_of(["E3"], as_of=timezone.localdate())["E3"][role].gaps == ()
        assert Rating.objects.filter(rated_by="self").count() == 1
    for other in ("E4", "E6"):
        assert guide.get(reverse("talent:person_competence", args=[slug, other])).status_code == 404
        assert guide.post(reverse("talent:rate", args=[slug, other, role]), {}).status_code == 404
    assert manager.get(reverse("talent:person_competence", args=[slug, "E5"])).status_code == 404
    assert manager.post(reverse("talent:rate", args=[slug, "E5", role]), {}).status_code == 404
    assert {row["person_id"] for row in rows_of(manager, "talent:competence_file", slug)} == {"E3", "E4"}
    landed = guide.get(reverse("talent:home", args=[slug]))
    assert landed["Location"] == reverse("talent:person_competence", args=[slug, "E3"])
    executive = signed_in("executive")
    counts = page(executive, "talent:competence", slug)
    assert "王导购" not in counts
    assert executive.get(reverse("talent:person_competence", args=[slug, "E3"])).status_code == 403


def test_b06_vacancies_and_single_holders_are_listed_with_days_open(talent: Workspace, signed_in: Signed) -> None:
    slug, hr, today = talent.slug, signed_in("hr_lead"), timezone.localdate()
    with workspace_scope(talent.pk):
        seats = [SeatInput("P-1", "G", "全域数据负责人", "data-analysis", planned_fte=Decimal(1))]
        assert upsert_seats(seats, effective_on=SINCE, actor_id=None).is_ok
    found = {(row["kind"], row["role"]): row for row in rows_of(hr, "talent:vacancies_file", slug)}
    core = {"private-mall-ops", "training-enablement", "product-ops", "merchandise-ops"}
    assert {role for kind, role in found if kind == "role"} == core
    for role in core:
        assert found["role", role]["open_since"] == SINCE.isoformat()
        assert int(found["role", role]["days_open"]) == (today - SINCE).days
    assert found["seat", "data-analysis"]["seat"] == "全域数据负责人"
    shown = page(hr, "talent:vacancies", slug)
    assert "私域商城运营" in shown
    assert str((today - SINCE).days) in shown
    risks = {row["role"]: row for row in rows_of(hr, "talent:people_risk_file", slug)}
    assert set(risks) == {"user-ops", "member-ops"}  # digital-guide has three holders
    assert {row["person_id"] for row in risks.values()} == {"E6"}
    assert {row["alone_in"] for row in risks.values()} == {"2"}
    assert "赵运营" in page(hr, "talent:people_risk", slug)
    executive = signed_in("executive")
    assert "赵运营" not in page(executive, "talent:people_risk", slug)
    assert {row["person_id"] for row in rows_of(executive, "talent:people_risk_file", slug)} == {""}


def test_b06_people_are_put_in_pools_and_pools_show_size_and_gaps_per_role(
    talent: Workspace, signed_in: Signed
) -> None:
    slug, hr, today = talent.slug, signed_in("hr_lead", person_external_id="E2"), timezone.localdate()
    url = reverse("talent:pools", args=[slug])
    place = {
        "person": "王导购", "pool": "reserve", "target_role": "user-ops", "readiness": "1y", "reason": "带教两家店",
        "since": today.isoformat(),
    }  # fmt: skip
    wrong = hr.post(url, place | {"person": "谁也不是", "reason": "", "target_role": ""})
    assert wrong.status_code == 422
    assert wrong.content.decode().count("field__error") >= 2
    assert hr.post(url, place).status_code == 302
    assert hr.post(url, place | {"person": "E2"}).status_code == 422  # nobody puts themselves in
    shown = page(hr, "talent:pools", slug)
    assert "王导购" in shown
    assert "带教两家店" in shown
    risks = {row["role"]: row for row in rows_of(hr, "talent:people_risk_file", slug)}
    assert risks["user-ops"]["successors"] == "王导购"
    assert risks["member-ops"]["successors"] == ""
    executive = page(signed_in("executive"), "talent:pools", slug)
    assert "王导购" not in executive
    # readiness changes: the older stay ends, both are kept
    assert hr.post(url, place | {"readiness": "now"}).status_code == 302
    with workspace_scope(talent.pk):
        stays = list(PoolStay.objects.order_by("pk").values_list("readiness", "until"))
        last = PoolStay.objects.get(until=None).pk
    assert stays == [("1y", today), ("now", None)]
    leave = reverse("talent:pool_leave", args=[slug, last])
    refused = hr.post(leave, {f"leave{last}-until": "2020-01-01", f"leave{last}-reason": ""})
    assert refused.status_code == 422
    done = hr.post(leave, {f"leave{last}-until": today.isoformat(), f"leave{last}-reason": "转岗"})
    assert done.status_code == 302
    assert "王导购" not in page(hr, "talent:pools", slug).split("put-in")[0]
    past = rows_of(hr, "talent:pools_file", slug, past="1")
    assert [row["end_reason"] for row in past if row["readiness"] == "now"] == ["转岗"]
    for role, ties in (("guide", {"person_external_id": "E3"}), ("line_manager", {"unit_external_id": "R01"})):
        assert signed_in(role, **ties).get(url).status_code == 403
        assert reverse("talent:person_pools", args=[slug, "E3"]) not in page(
            signed_in(role, **ties), "roles:person", slug, "E3"
        )


def test_b06_hr_reads_nothing_of_their_own_pools(talent: Workspace, signed_in: Signed) -> None:
    slug = talent.slug
    with workspace_scope(talent.pk):
        place = Place("core", "digital-guide", "now", date(2026, 2, 10), "业绩突出")
        put_in("E3", place=place, today=date(2026, 2, 20), actor_id=None)
    hr = signed_in("hr_lead", person_external_id="E3")
    assert "业绩突出" not in page(hr, "talent:pools", slug)
    assert rows_of(hr, "talent:pools_file", slug) == []
    assert hr.get(reverse("talent:person_pools", args=[slug, "E3"])).status_code == 404
    assert "业绩突出" in page(signed_in("hr_lead"), "talent:person_pools", slug, "E3")
    with workspace_scope(talent.pk):
        tree = unit_tree(as_of=date(2026, 2, 20))
        (stay,) = stays_on(as_of=tree.as_of, tree=tree)
        (size,) = pool_sizes([stay, replace(stay, pool=Pool.INNOVATIVE), replace(stay, person="E9", unit="")])
        risks = [key_person_risks(tree=tree, reader=reader) for reader in ("", "E3")]
        ready = [
            {each.standing.person: each.standing.ready for each in found.suggestions}.get("E3")
            for reader in ("", "E3")
            if (found := filling("G", "digital-guide", as_of=tree.as_of, reader=reader))
        ]
    # in two pools and ready at once is one person; who left counts in none
    assert (size.by_pool["core"], size.ready_now, size.total) == (1, 1, 2)
    assert all(one.person != "E3" for risk in risks[1] for one in risk.successors)
    assert ready == [0, None]


def queries_of(client: Client, route: str, slug: str) -> int:
    """Count the queries of a page."""
    with CaptureQueriesContext(
        connection,
    ) as counted:
        page(client, route, slug)
    return len(counted)


def test_the_pages_of_people_cost_the_same_queries_with_twice_the_people(talent: Workspace, signed_in: Signed) -> None:
    slug, hr = talent.slug, signed_in("owner")
    routes = ("talent:home", "talent:competence", "talent:pools", "talent:people_risk", "talent:vacancies")

    def grow(first: int) -> None:
        with workspace_scope(talent.pk):
            people = [PersonInput(f"N{n}", "S0201", date(2024, 1, 1)) for n in range(first, first + 6)]
            held = [
                AssignmentInput(one.external_id, "data-analysis", "G", date(2024, 1, 1), Decimal("0.5"))
                for one in people
            ]
            assert upsert_people(people, effective_on=SINCE, actor_id=None).is_ok
            assert upsert_assignments(held, actor_id=None).is_ok
            model = {
                "data-modelling": 1,
                "experiment-and-statistics": 1,
                "visualisation": 1,
                "business-understanding": 1,
            }
            for one in people:
                sheet = Sheet("specialist", date(2026, 2, 10), model)
                save_rating(
                    one.external_id,
                    role="data-analysis",
                    rated_by=RatedBy.MANAGER,
                    sheet=sheet,
                    rater=RATER,
                    finish=True,
                )
                place = Place("core", "user-ops", "now", date(2026, 2, 10), "good")
                put_in(one.external_id, place=place, today=RATER.today, actor_id=None)

    grow(0)
    for route in routes:
        page(hr, route, slug)
    few = {route: queries_of(hr, route, slug) for route in routes}
    grow(6)
    assert {route: queries_of(hr, route, slug) for route in routes} == few
    counts = page(signed_in("executive"), "talent:competence", slug)
    assert "80" in counts  # four of five levels needed, with twelve people rated
    assert "N0" not in counts


def test_b02_two_shares_count_as_they_are_and_a_third_role_above_one_and_a_fifth_warns(
    workspace: Workspace, signed_in: Signed, api_client: Api
) -> None:
    slug, api, hr = workspace.slug, api_client("hr_lead"), signed_in("hr_lead")
    with workspace_scope(workspace.pk):
        write_organisation()
        people = [PersonInput("E9", "D-MKT", date(2024, 1, 1), "孙运营")]
        assert upsert_people(people, effective_on=SINCE, actor_id=None).is_ok
    root, today = f"/api/v1/workspaces/{slug}", timezone.localdate().isoformat()

    def give(role: str, share: str, start: str, *, dry_run: bool = False) -> dict[str, object]:
        url = f"{root}/assignments/E9/{role}/{start}/{'?dry_run=true' if dry_run else ''}"
        answer = api.put(url, {"unit_external_id": "D-MKT", "share": share}, format="json")
        assert answer.status_code in {200, 201}, answer.content
        told: dict[str, object] = answer.json()
        return told

    assert give("user-ops", "0.6", "2026-01-01")["warnings"] == []
    assert give("content-marketing", "0.4", "2026-01-01")["warnings"] == []
    cover = {
        row["role"]: row
        for row in rows_of(hr, "orgstages:coverage_file", slug, as_of="2026-03-01")
        if row["unit"] == "D-MKT"
    }
    # E6 gives content 0.4 and member-ops 0.3 there as well
    assert Decimal(cover["user-ops"]["fte"]) == Decimal("0.6")
    assert Decimal(cover["content-marketing"]["fte"]) == Decimal("0.8")
    tried = give("data-analysis", "0.3", today, dry_run=True)["warnings"]
    warned = give("data-analysis", "0.3", today)["warnings"]
    assert isinstance(warned, list)
    assert [one["code"] for one in warned] == ["overloaded"]
    assert "1.3" in warned[0]["message"]
    assert tried == warned  # told before anything is written
    assert give("member-ops", "0.1", "2026-01-02")["warnings"] == []  # three roles, 1.1 in all on that day
    place = {"person_external_id": "E5", "unit_external_id": "S0201", "start_on": today}
    rows = [{**place, "role": "user-ops", "share": "0.1"}, {**place, "role": "content-marketing", "share": "0.2"}]
    told = api.post(f"{root}/batch/assignments/", {"rows": rows}, format="json").json()["warnings"]
    assert [one["pointer"] for one in told] == ["/rows/0", "/rows/1"]  # 1 + 0.1 + 0.2
    form = reverse("roles:new", args=[slug, "assignments"]) + "?person_external_id=E9&unit_external_id=D-MKT"
    shown = hr.get(form).content.decode()
    assert 'data-load="1.4' in shown  # the form knows what the person gives already
    assert "data-load-warning" in shown
    assert "1.4" in page(hr, "roles:person", slug, "E9") or "140" in page(hr, "roles:person", slug, "E9")


def test_g07_competence_pools_risks_and_vacancies_are_read_and_written_over_rest(
    talent: Workspace, api_client: Api
) -> None:
    root, hr = f"/api/v1/workspaces/{talent.slug}", api_client("hr_lead")
    models = {row["role"]: row["abilities"] for row in hr.get(f"{root}/competence/models/").json()}
    assert len(models) == 12
    assert {each["part"] for each in models["user-ops"]} == {"professional", "operational", "managerial"}
    day = timezone.localdate().isoformat()
    lines = [{"ability": key, "level": level} for key, level in LEVELS.items()]
    body = {"person_external_id": "E6", "role": "user-ops", "job_level": "specialist", "rated_on": day, "lines": lines}
    bad = hr.post(
        f"{root}/competence/ratings/",
        {**body, "extra": 1, "lines": [{**lines[0], "level": 4}]},
        format="json",
    )
    assert bad.status_code == 422
    assert hr.post(f"{root}/competence/ratings/", {**body, "lines": lines[1:]}, format="json").status_code == 422
    made = hr.post(f"{root}/competence/ratings/", body, format="json")
    assert (made.status_code, made.json()["rated_by"]) == (201, "manager")
    listed = hr.get(f"{root}/competence/ratings/?person=E6").json()["results"]
    assert [(row["id"], len(row["lines"])) for row in listed] == [(made.json()["id"], 5)]
    found = {row["role"]: row for row in hr.get(f"{root}/competence/?person=E6").json()}
    assert found["user-ops"]["fit"] == "0.83"
    assert [gap["ability"] for gap in found["user-ops"]["gaps"]] == ["data-driven-work"]
    assert found["content-marketing"]["fit"] is None
    guide = api_client("guide", person_external_id="E3")
    assert {row["person_external_id"] for row in guide.get(f"{root}/competence/").json()} == {"E3"}
    assert guide.get(f"{root}/competence/ratings/").json()["results"] == []
    assert guide.post(f"{root}/competence/ratings/", body, format="json").status_code == 404
    need = {"since": day, "needed": [{"ability": "user-insight", "job_level": "specialist", "needed": 2}]}
    assert hr.put(f"{root}/competence/models/user-ops/", need, format="json").json() == {"changed": 1}
    assert hr.put(f"{root}/competence/models/user-ops/", need, format="json").json() == {"changed": 0}
    executive = api_client("executive")
    counts = executive.get(f"{root}/competence/counts/").json()
    assert {row["fit"] for row in counts["roles"]} == {None}
    put = {"person_external_id": "E3", "pool": "reserve", "target_role": "user-ops", "readiness": "1y", "since": day}
    refused = hr.post(f"{root}/talent-pools/", put, format="json")
    assert refused.status_code == 422
    stay = hr.post(f"{root}/talent-pools/", {**put, "reason": "ready soon"}, format="json").json()["id"]
    assert [row["id"] for row in hr.get(f"{root}/talent-pools/").json()] == [stay]
    assert executive.get(f"{root}/talent-pools/").status_code == 403
    sizes = executive.get(f"{root}/talent-pools/figures/").json()["sizes"]
    assert [(row["role"], row["by_pool"]["reserve"]) for row in sizes] == [("user-ops", 1)]
    risks = {row["role"]: row for row in hr.get(f"{root}/key-person-risks/").json()}
    assert risks["user-ops"]["successors"] == 1
    assert {row["person_external_id"] for row in executive.get(f"{root}/key-person-risks/").json()} == {""}
    vacant = {row["role"]: row["days_open"] for row in hr.get(f"{root}/vacancies/").json()}
    assert vacant["product-ops"] == (timezone.localdate() - SINCE).days
    figures = hr.get(f"{root}/talent/figures/").json()
    assert (figures["core_roles_asked"], figures["core_roles_held"]) == (7, 3)
    assert (figures["vacant_core_roles"], figures["single_holders"], figures["rated"]) == (4, 2, 1)
    end = f"{root}/talent-pools/{stay}/end/"
    assert hr.post(end, {"until": day, "reason": "took the role"}, format="json").status_code == 200
    assert hr.post(end, {"until": day, "reason": "again"}, format="json").status_code == 409
