"""Figures as they were known at a moment: the number, its rows and its definition are always of one computation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from kpis.choices import DefinitionSubject
from kpis.engine.specs import COMPANY, Scope, ScopeKind
from kpis.library import load_library
from kpis.library.content import node_of
from kpis.queries.explaining import Explanation, Figure, explain_figure, read_figure
from kpis.queries.figure_places import Place
from kpis.queries.figure_rows import RowAccess, operand_page
from kpis.queries.scope_words import scope_names
from kpis.services.definitions import publish, save_kpi
from kpis.services.reverting import request_revert
from omnichannel.accounts.models import User
from omnichannel.jobs.choices import JobKind
from omnichannel.workspaces.models import Workspace
from roles.queries.org_chart import unit_tree
from roles.services.sync import UnitInput, upsert_units
from tests.kpis.door import ORDERS_HEADER, work
from tests.kpis.explained import JUNE, build, compute, load
from tests.kpis.retailer import SINCE

S1 = Scope(ScopeKind.UNIT, "S1")
PLACE = Place("sales_net", JUNE, S1)
LATE = f"{ORDERS_HEADER}\nO9,C9,store,S1,ES1,2024-06-09 10:00:00,paid,1000,0,0,1000,1\n".encode()


@pytest.fixture(autouse=True)
def retailer(in_workspace: Workspace, settings: Settings, tmp_path: Path) -> None:
    build(settings, tmp_path)


def read(place: Place) -> Figure:
    figure = read_figure(place, tree=unit_tree(as_of=place.period.last_day))
    assert figure is not None
    return figure


def told(place: Place) -> Explanation:
    tree = unit_tree(as_of=place.period.last_day)
    return explain_figure(read(place), names=scope_names(place.scopes, tree=tree))


def rows(place: Place) -> Decimal | None:
    page = operand_page(read(place), 0, tree=unit_tree(as_of=JUNE.last_day), access=RowAccess(True, True))
    return page.value


def test_between_a_load_and_its_computation_the_figure_and_its_rows_are_still_those_of_before() -> None:
    load(LATE, filename="late.csv")
    between = timezone.now()
    compute(JUNE)
    assert (read(PLACE).value.value, rows(PLACE)) == (Decimal("1070.1"), Decimal("1070.1"))
    then = replace(PLACE, known_at=between)
    assert (read(then).value.value, rows(then)) == (Decimal("70.1"), Decimal("70.1"))


def test_a_figure_that_ended_is_known_until_then_and_no_longer(member: Callable[..., User]) -> None:
    upload = load(
        f"{ORDERS_HEADER}\nO9,C9,livestream,,,2024-06-09 10:00:00,paid,9,0,0,9,1\n".encode(), filename="x.csv"
    )
    compute(JUNE)
    place = Place("sales_net", JUNE, Scope(ScopeKind.CHANNEL, "livestream"))
    before = timezone.now()
    assert read(place).value.value == 9
    request_revert(upload, actor_id=member("owner").pk)
    work(JobKind.REVERT_UPLOAD)
    compute(JUNE)
    after = timezone.now()
    assert read(replace(place, known_at=before)).value.value == 9
    for place_then in (replace(place, known_at=after), place):
        figure = read(place_then)
        assert figure.row is None
        assert (figure.value.value, figure.value.rows) == (Decimal(0), 0)


def test_a_figure_says_when_its_definition_is_no_more_todays(member: Callable[..., User]) -> None:
    actor = member("owner").pk
    place = Place("sales_net", JUNE, COMPANY)
    before = timezone.now()
    ground = told(place).ground
    assert ground is not None
    assert ground.is_current_definition
    node = {**node_of(load_library().kpis["sales_net"]), "formula": "net_sales - fee_sum"}
    save_kpi(node, actor_id=actor, key="sales_net")
    publish(DefinitionSubject.KPI, "sales_net", effective_from=date(2024, 6, 1), actor_id=actor)
    ground = told(place).ground
    assert ground is not None
    assert not ground.is_current_definition
    compute(JUNE)
    for at, current in ((None, True), (before, False)):
        ground = told(replace(place, known_at=at)).ground
        assert ground is not None
        assert ground.is_current_definition is current


def test_a_figure_says_when_the_organisation_has_changed_since_it_was_computed() -> None:
    region = Place("sales_net", JUNE, Scope(ScopeKind.UNIT, "R1"))
    assert upsert_units([UnitInput("R2", "华南大区", "region", "BU1")], effective_on=SINCE, actor_id=None).is_ok
    compute(JUNE)
    moved = [UnitInput("S1", "门店S1", "store", "R2", ownership="direct")]
    assert upsert_units(moved, effective_on=date(2024, 7, 1), actor_id=None).is_ok
    ground = told(region).ground  # a move after the period changes nothing in it
    assert ground is not None
    assert ground.is_newest
    assert upsert_units(moved, effective_on=date(2024, 1, 2), actor_id=None).is_ok
    ground = told(region).ground
    assert ground is not None
    assert not ground.is_newest
    compute(JUNE)
    assert (read(region).value.value, rows(region)) == (Decimal("230"), Decimal("230"))
    ground = told(region).ground
    assert ground is not None
    assert ground.is_newest
