"""What a workspace defines for itself: what counts on which day and as known when, drafts, publishing, its effect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone, translation

from kpis.choices import DefinitionState, DefinitionSubject
from kpis.engine.specs import COMPANY
from kpis.errors import DefinitionChanged, DefinitionInUse, DefinitionInvalid, NoDraft, WeightsInvalid
from kpis.library import load_library
from kpis.library.content import OWN_FORMULA, node_of
from kpis.library.merging import merged
from kpis.models import Computation, Definition, KpiValue
from kpis.queries.definitions import absence_words, every_kpi, forget_definitions, library_at
from kpis.queries.own_definitions import entry_of, own_kpi
from kpis.queries.usage import tables_of_kpis
from kpis.queries.where_used import where_used
from kpis.services.definition_preview import request_definition_preview
from kpis.services.definitions import discard, publish, retire, save_kpi, save_parameter
from kpis.services.target_checks import Bound, TargetInput, check_targets
from kpis.services.values import is_fresh
from kpis.services.weights import set_weights
from omnichannel.accounts.models import User
from omnichannel.core.periods import month_of, parse_period
from omnichannel.core.text import Bilingual
from omnichannel.jobs.choices import JobKind
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.catalogue import RoleKey, StageKey
from tests.kpis.door import checked, order, orders_csv, work
from tests.kpis.retailer import build_organisation

KPI, PARAMETER = DefinitionSubject.KPI, DefinitionSubject.PARAMETER
MAY, JUNE, JULY = date(2024, 5, 1), date(2024, 6, 1), date(2024, 7, 1)
Member = Callable[..., User]


def own_node(**changes: object) -> dict[str, Any]:
    """Return a good definition of a KPI of the workspace's own."""
    node: dict[str, Any] = {
        "id": "own_spend",
        "names": {"zh": "人均消费", "en": "Spend per head"},
        "definition": {"zh": "净销售额除以购买用户数。", "en": "Net sales over buyers."},
        "kind": "result",
        "layer": "value",
        "unit": "CNY",
        "direction": "up",
        "grain": "month",
        "formula": "net_sales / buyers",
        "roles": ["user-ops"],
    }
    return node | changes


@pytest.fixture
def who(member: Member) -> int:
    """A person who decides."""
    return member("hr_lead").pk


def load_orders(*lines: str) -> None:
    """Put orders in; their figures are asked for."""
    checked(orders_csv(*lines), auto="good_rows")
    work(JobKind.LOAD_UPLOAD)


def company(kpi: str, period: str = "2024-05") -> Decimal | None:
    """Return the company's current figure."""
    found = stored(kpi, period)
    return found.value if found else None


def stored(kpi: str, period: str = "2024-05") -> KpiValue | None:
    """Return the company's current row."""
    return KpiValue.objects.filter(kpi=kpi, period=period, scope_kind=COMPANY.kind, is_current=True).first()


def test_a_definition_counts_from_its_day_as_known_then_and_the_version_tells(
    in_workspace: Workspace, who: int
) -> None:
    base = load_library()
    assert library_at() is base
    save_parameter("churn_days", "90", actor_id=who)
    assert library_at() is base  # a draft counts for nothing
    before = timezone.now()
    publish(PARAMETER, "churn_days", effective_from=JUNE, actor_id=who)
    assert library_at(MAY) is base
    assert library_at(JUNE).params.churn_days == 90
    assert library_at(JUNE, known_at=before) is base
    save_kpi(node_of(base.kpis["cac"]) | {"formula": "net_sales / buyers"}, key="cac", actor_id=who)
    publish(KPI, "cac", effective_from=JULY, actor_id=who)
    assert library_at(JUNE).kpis["cac"] is base.kpis["cac"]
    assert library_at(JULY).kpis["cac"].formula == "net_sales / buyers"
    assert tables_of_kpis()["cac"] == {"orders"}
    assert len({library_at(day).version for day in (MAY, JUNE, JULY)}) == 3
    retire(KPI, "cac", effective_from=date(2024, 8, 1), actor_id=who)
    assert library_at().kpis["cac"] is base.kpis["cac"]
    retire(PARAMETER, "churn_days", effective_from=date(2024, 8, 1), actor_id=who)
    assert library_at() is base
    assert library_at(JULY).params.churn_days == 90


def test_a_sentence_left_over_another_formula_says_whose_it_is(in_workspace: Workspace, who: int) -> None:
    theirs = load_library().kpis["cac"].definition
    written = node_of(load_library().kpis["cac"])

    def told(**changes: object) -> Bilingual:
        save_kpi(written | changes, key="cac", actor_id=who)
        publish(KPI, "cac", effective_from=MAY, actor_id=who)
        return library_at(MAY).kpis["cac"].definition

    assert told(formula=f" {written['formula']} ", unit="count") == theirs  # the same formula
    kept = told(formula="net_sales / new_customers")
    assert (kept.zh, kept.en) == (OWN_FORMULA.zh + theirs.zh, OWN_FORMULA.en + theirs.en)
    half = told(formula="net_sales / new_customers", definition={"zh": "每位新客的净销售额。", "en": theirs.en})
    assert (half.zh, half.en) == ("每位新客的净销售额。", kept.en)


def test_another_workspace_and_another_request_see_what_is_true(
    workspace: Workspace, other_workspace: Workspace, who: int
) -> None:
    with workspace_scope(workspace.pk):
        save_parameter("churn_days", "90", actor_id=who)
        assert library_at().params.churn_days == 180
        with workspace_scope(workspace.pk):  # as another request would
            publish(PARAMETER, "churn_days", effective_from=MAY, actor_id=who)
        assert library_at().params.churn_days == 90
    with workspace_scope(other_workspace.pk):
        assert library_at() is load_library()


def test_an_own_kpi_is_drafted_published_and_retired_but_never_forgotten(in_workspace: Workspace, who: int) -> None:
    with pytest.raises(DefinitionInvalid) as refused:
        save_kpi(own_node(id="sales_net"), actor_id=who)
    assert refused.value.issues[0][1] == "bad_id"
    draft = save_kpi(own_node(formula="net_sale / buyers"), actor_id=who)
    with pytest.raises(DefinitionInvalid, match="net_sale"):
        publish(KPI, "own_spend", effective_from=MAY, actor_id=who)
    with pytest.raises(DefinitionInvalid):
        save_kpi(own_node(), actor_id=who)  # the id is taken by the draft
    newer = save_kpi(own_node(), key="own_spend", seen=draft.pk, actor_id=who)
    with pytest.raises(DefinitionChanged):
        save_kpi(own_node(unit="count"), key="own_spend", seen=draft.pk, actor_id=who)
    with pytest.raises(DefinitionChanged):
        publish(KPI, "own_spend", effective_from=MAY, actor_id=who, seen=draft.pk)
    publish(KPI, "own_spend", effective_from=MAY, actor_id=who, seen=newer.pk, note="for the board")
    assert library_at().kpis["own_spend"].names.zh == "人均消费"
    with pytest.raises(NoDraft):
        publish(KPI, "own_spend", effective_from=MAY, actor_id=who)
    weights = {"own_spend": Decimal(100)}
    set_weights(RoleKey.USER_OPS, StageKey.PROJECT, weights, effective_from=JUNE, actor_id=who)
    assert "weights" in {use.kind for use in where_used("own_spend", slug="acme")}
    with pytest.raises(DefinitionInUse):
        retire(KPI, "own_spend", effective_from=MAY, actor_id=who)
    save_kpi(own_node(formula="net_sales"), key="own_spend", actor_id=who)
    discard(KPI, "own_spend", actor_id=who)
    with pytest.raises(NoDraft):
        discard(KPI, "own_spend", actor_id=who)
    found = own_kpi("own_spend")
    assert found is not None
    assert (found.draft, found.counting is not None, found.is_own) == (None, True, True)
    assert Definition.objects.filter(key="own_spend").count() == 5


def test_a_day_before_an_own_kpi_counts_is_refused_with_the_day_from_which_it_does(
    in_workspace: Workspace, who: int
) -> None:
    with translation.override("en"):
        save_kpi(own_node(), actor_id=who)
        publish(KPI, "own_spend", effective_from=JUNE, actor_id=who)
        with pytest.raises(DefinitionInvalid, match=f"It counts from {JUNE} on, which is later"):
            retire(KPI, "own_spend", effective_from=MAY, actor_id=who)
        weights = {"own_spend": Decimal(100)}
        with pytest.raises(WeightsInvalid, match=f"counts from {JUNE} on, not yet on {MAY}"):
            set_weights(RoleKey.USER_OPS, StageKey.PROJECT, weights, effective_from=MAY, actor_id=who)
        target = TargetInput(str(month_of(MAY)), "own_spend", "company", "", Decimal(1))
        (issue,) = check_targets([target, replace(target, period=str(month_of(JUNE)))], bound=Bound())
        assert (issue.index, issue.field, issue.code) == (0, "period", "not_counting")
        retire(KPI, "own_spend", effective_from=JUNE, actor_id=who)
        assert "own_spend" not in library_at(JUNE).kpis
        with pytest.raises(WeightsInvalid, match="no longer counts"):
            set_weights(RoleKey.USER_OPS, StageKey.PROJECT, weights, effective_from=JUNE, actor_id=who)
        assert "retired" in absence_words("own_spend", MAY)  # taken back on its first day, it never counted


def test_a_retired_own_kpi_still_has_its_name(in_workspace: Workspace, who: int) -> None:
    save_kpi(own_node(), actor_id=who)
    publish(KPI, "own_spend", effective_from=MAY, actor_id=who)
    retire(KPI, "own_spend", effective_from=JULY, actor_id=who)
    assert "own_spend" in library_at(JUNE).kpis
    assert "own_spend" not in library_at().kpis
    assert every_kpi()["own_spend"].names.en == "Spend per head"


def test_a_red_test_keeps_a_definition_from_being_published(in_workspace: Workspace, who: int) -> None:
    red = {"given": {"net_sales": "100", "buyers": "4"}, "expect": "20"}
    save_kpi(own_node(tests=[red]), actor_id=who)
    with pytest.raises(DefinitionInvalid) as refused:
        publish(KPI, "own_spend", effective_from=MAY, actor_id=who)
    assert refused.value.issues[0][:2] == ("tests.1", "red_test")
    green = [red | {"expect": "25"}, {"given": {"net_sales": "100", "buyers": "0"}, "expect": "no_data"}]
    save_kpi(own_node(tests=green), key="own_spend", actor_id=who)
    publish(KPI, "own_spend", effective_from=MAY, actor_id=who)


def test_publishing_computes_from_its_day_and_the_preview_is_the_result(in_workspace: Workspace, who: int) -> None:
    build_organisation()
    load_orders(order(1, net="100.00"), order(2, net="50.00"), order(3, day="2024-06-02", net="70.00"))
    work(JobKind.COMPUTE_VALUES)
    may, june = parse_period("2024-05"), parse_period("2024-06")
    assert is_fresh(may)
    assert is_fresh(june)
    save_kpi(own_node(), actor_id=who)
    save_kpi(node_of(load_library().kpis["sales_net"]) | {"formula": "net_sales * 2"}, key="sales_net", actor_id=who)
    assert stored("own_spend") is None
    request_definition_preview(KPI, "sales_net", actor_id=who)
    request_definition_preview(KPI, "own_spend", actor_id=who)
    twice, own = (job.result for job in work(JobKind.PREVIEW_DEFINITION))
    assert twice["period"] == "2024-06"
    months = {each["period"]: (Decimal(each["before"]), Decimal(each["after"])) for each in twice["company"]}
    assert months == {"2024-05": (Decimal(150), Decimal(300)), "2024-06": (Decimal(70), Decimal(140))}
    assert {each["period"]: each["after"] and Decimal(each["after"]) for each in own["company"]} == {
        "2024-05": 75,
        "2024-06": 70,
    }
    assert all(each["before"] is None for each in own["company"])
    assert company("sales_net") == 150  # nothing was written
    publish(KPI, "own_spend", effective_from=JUNE, actor_id=who)
    publish(KPI, "sales_net", effective_from=JUNE, actor_id=who)
    save_parameter("churn_days", "90", actor_id=who)
    publish(PARAMETER, "churn_days", effective_from=JUNE, actor_id=who)
    assert is_fresh(may)
    assert not is_fresh(june)
    work(JobKind.COMPUTE_VALUES)
    assert is_fresh(june)
    assert stored("own_spend") is None
    assert company("sales_net") == 150
    assert company("own_spend", "2024-06") == 70
    assert company("sales_net", "2024-06") == 140
    hashes = KpiValue.objects.filter(kpi="sales_net", scope_kind=COMPANY.kind, is_current=True)
    assert len(set(hashes.values_list("definition_hash", flat=True))) == 2
    last = Computation.objects.filter(periods__contains=["2024-06"])[0]
    assert last.library_version == library_at(JUNE).version != load_library().version
    assert last.params["churn_days"] == "90"


def test_a_shorter_churn_window_shows_what_it_moves(in_workspace: Workspace, who: int) -> None:
    build_organisation()
    load_orders(order(1, day="2024-01-05"), order(2, day="2024-04-20"), order(3, day="2024-05-03"))
    save_parameter("churn_days", "90", actor_id=who)
    request_definition_preview(PARAMETER, "churn_days", actor_id=who)
    (job,) = work(JobKind.PREVIEW_DEFINITION)
    assert {"churn_rate", "churn_recall_rate"} <= set(job.result["kpis"])
    moved = {(each["kpi"], each["period"]): (each["before"], each["after"]) for each in job.result["company"]}
    # C1 bought on 5 January: lost after 90 days in April, after 180 only in July
    assert [Decimal(text) for text in moved["churn_rate", "2024-04"]] == [0, 100]
    with pytest.raises(DefinitionInvalid):
        save_parameter("churn_days", "0", actor_id=who)


def test_a_definition_that_a_newer_library_cannot_compute_does_not_count(in_workspace: Workspace, who: int) -> None:
    content = own_node(formula="no_longer_there / buyers")
    Definition.objects.create(
        subject=KPI, key="own_spend", state=DefinitionState.PUBLISHED, content=content, effective_from=MAY
    )
    cac = node_of(load_library().kpis["cac"])
    Definition.objects.create(
        subject=KPI,
        key="cac",
        state=DefinitionState.PUBLISHED,
        content=cac | {"unit": "ratio", "formula": "net_sales"},
        base=cac | {"formula": "net_sales", "unit": "count"},
        effective_from=MAY,
    )
    forget_definitions()
    assert "own_spend" not in library_at().kpis
    broken, behind = own_kpi("own_spend"), own_kpi("cac")
    assert broken is not None
    assert behind is not None
    assert "no_longer_there" in broken.broken
    # the library has moved on in two fields; the workspace had changed one of them itself
    assert {each.field: each.is_conflict for each in behind.updates} == {"unit": True, "formula": False}
    node = merged(entry_of("cac") or {}, behind.updates, take=["formula"])
    save_kpi(node, key="cac", actor_id=who, rebase=True)
    caught_up = own_kpi("cac")
    assert caught_up is not None
    assert caught_up.draft is not None
    assert (caught_up.draft.content["formula"], caught_up.draft.content["unit"]) == (cac["formula"], "ratio")
    assert caught_up.updates == ()


def test_known_at_is_the_moment_of_publishing(in_workspace: Workspace, who: int) -> None:
    save_parameter("churn_days", "90", actor_id=who)
    publish(PARAMETER, "churn_days", effective_from=MAY, actor_id=who)
    assert library_at(known_at=timezone.now() - timedelta(hours=1)).params.churn_days == 180
    assert library_at(known_at=timezone.now()).params.churn_days == 90
