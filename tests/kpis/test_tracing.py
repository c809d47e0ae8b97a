"""The rows behind stored figures: their uploads, lines and cells, in the world the figure was computed in, and back."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from kpis.choices import UploadState
from kpis.engine.plan import plan_kpi
from kpis.engine.specs import COMPANY, Scope
from kpis.library import load_library
from kpis.models import Upload
from kpis.queries.feeding import figures_fed
from kpis.queries.provenance import original_cells
from kpis.queries.tracing import rows_behind, trace_value
from kpis.queries.values import current_values
from kpis.services.targets import upsert_reviews
from kpis.services.uploads import request_load
from omnichannel.core.periods import parse_period
from omnichannel.jobs.choices import JobKind
from tests.kpis.door import again, checked, order, orders_csv, work
from tests.kpis.retailer import build_organisation, person, unit

pytestmark = pytest.mark.usefixtures("in_workspace")
ORDERS = load_library().tables["orders"]
MAY = parse_period("2024-05")


@pytest.fixture(autouse=True)
def data_root(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_ROOT = tmp_path
    return tmp_path


def load(content: bytes, **options: Any) -> Upload:
    upload = checked(content, **options)
    request_load(upload, good_rows=False, actor_id=None)
    work(JobKind.LOAD_UPLOAD)
    assert again(upload).state == UploadState.LOADED
    return again(upload)


def placed(line: str, store: str) -> str:
    """Put an order of `door.order` into a store, by its guide."""
    return line.replace(",store,,,", f",store,{store},E{store},")


def stored(kpi: str, scope: Scope) -> Decimal | None:
    (value,) = current_values(MAY, kpis=[kpi], scopes=[scope])
    return value.value


def test_the_rows_of_a_figure_are_those_it_was_computed_from_until_it_is_computed_again() -> None:
    build_organisation()
    first = load(orders_csv(placed(order(1), "S1"), placed(order(2, net="40.00"), "S2"), order(9, day="2024-04-30")))
    second = load(orders_csv(placed(order(3, net="7.50"), "S1")))
    work(JobKind.COMPUTE_VALUES)
    for scope, keys in ((COMPANY, "O1 O2 O3"), (unit("R1"), "O1 O2 O3"), (unit("S1"), "O1 O3"), (person("ES2"), "O2")):
        behind = rows_behind("sales_net", MAY, scope, operand_index=0)
        assert [row.traced.key for row in behind.rows] == [(key,) for key in keys.split()]
        added = sum((row.traced.amount or Fraction(0) for row in behind.rows), Fraction(0))
        assert added == behind.operand.value == trace_value("sales_net", MAY, scope).trace.value
        # nobody reads a person's net sales as a figure, so it is not stored, but it can be traced
        assert {value.value for value in current_values(MAY, kpis=["sales_net"], scopes=[scope])} <= {added}
    behind = rows_behind("sales_net", MAY, unit("S1"), operand_index=0)
    assert [(row.upload, row.traced.line) for row in behind.rows] == [(first, 2), (second, 2)]
    assert original_cells(first, 2, with_pay=False)["net_amount"] == "100.00"
    assert not behind.is_changed

    upload = checked(orders_csv(placed(order(1, net="60.00"), "S1")))
    request_load(upload, good_rows=False, actor_id=None)
    work(JobKind.LOAD_UPLOAD)
    then = rows_behind("sales_net", MAY, unit("S1"), operand_index=0)
    assert (then.operand.value, then.is_changed) == (stored("sales_net", unit("S1")), True)
    now = rows_behind("sales_net", MAY, unit("S1"), operand_index=0, known_at=timezone.now())
    assert (now.operand.value, [row.upload for row in now.rows]) == (Fraction("67.5"), [again(upload), second])
    work(JobKind.COMPUTE_VALUES)
    after = rows_behind("sales_net", MAY, unit("S1"), operand_index=0)
    assert (after.operand.value, after.is_changed) == (Fraction("67.5"), False)
    assert stored("sales_net", unit("S1")) == Decimal("67.5")


def test_a_row_knows_the_stored_figures_it_fed_and_they_know_the_row() -> None:
    build_organisation()
    load(orders_csv(placed(order(1), "S1"), placed(order(2, net="40.00"), "S2")))
    load(orders_csv(placed(order(11, net="5.00", day="2024-04-02"), "S1").replace("C11", "C1")))
    work(JobKind.COMPUTE_VALUES)
    fed = figures_fed(ORDERS, {"order_id": "O11"})
    assert {str(each.period) for each in fed} == {"2024-04", "2024-05"}
    ours = {(each.kpi, each.scope): each for each in fed if each.period == MAY}
    # the order of April is no sale of May, but makes its customer a retained one, and one alive when May began
    assert (("sales_net", COMPANY) in ours, ("retention_rate", COMPANY) in ours) == (False, True)
    assert ("churn_rate", unit("S1")) in ours
    assert ("churn_rate", unit("S2")) not in ours
    plans = {kpi: plan_kpi(load_library(), kpi).refs for kpi, _scope in ours}
    for (kpi, scope), figure in ours.items():
        found = [
            ref
            for index, ref in enumerate(plans[kpi])
            if ("O11",) in [row.traced.key for row in rows_behind(kpi, MAY, scope, operand_index=index).rows]
        ]
        assert sorted(found) == list(figure.refs), (kpi, scope)
    assert figures_fed(ORDERS, {"order_id": "O404"}) == ()


def test_a_review_names_the_upload_it_came_with() -> None:
    build_organisation()
    load(orders_csv(order(1)))
    content = (
        b"period,kpi_id,subject_kind,subject_id,reviewer_id,score,evidence\n"
        b"2024-Q2,team_collaboration,employee,P2,P1,4,Two launches on time\n"
    )
    upload = load(content, filename="reviews.csv")
    written = {"period": "2024-05", "kpi_id": "team_collaboration", "subject_kind": "employee", "subject_id": "P1"}
    upsert_reviews([{**written, "reviewer_id": "P2", "score": Decimal(3), "evidence": "Seen"}], upload_id=None)
    work(JobKind.COMPUTE_VALUES)
    behind = rows_behind("team_collaboration", MAY, COMPANY, operand_index=0)
    assert {row.traced.key[3]: row.upload for row in behind.rows} == {"P2": upload, "P1": None}
    assert (behind.operand.amount, behind.operand.weight) == (Fraction(7), Fraction(2))


def test_a_page_of_rows_asks_as_often_however_many_rows_there_are(
    django_assert_num_queries: Callable[..., Any],
) -> None:
    build_organisation()
    load(orders_csv(*(placed(order(number), "S1") for number in range(3))))
    work(JobKind.COMPUTE_VALUES)
    with CaptureQueriesContext(connection) as few:
        rows_behind("sales_net", MAY, unit("S1"), operand_index=0)
    load(orders_csv(*(placed(order(number), "S1") for number in range(3, 90))))
    work(JobKind.COMPUTE_VALUES)
    with django_assert_num_queries(len(few)):
        behind = rows_behind("sales_net", MAY, unit("S1"), operand_index=0)
    assert (len(behind.rows), behind.page.next, behind.page.total) == (50, 50, 90)
