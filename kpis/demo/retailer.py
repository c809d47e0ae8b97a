"""Runs the parts in their order and says what was written. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from kpis.demo.actuals import Books, company_actuals, connect
from kpis.demo.chart import write_changes
from kpis.demo.customers import MALL, PLATFORM, Customers, build_customers, erasures, write_customers
from kpis.demo.feedback import write_reviews, write_surveys, write_training
from kpis.demo.finance import write_costs, write_milestones
from kpis.demo.interactions import write_interactions
from kpis.demo.marketing import build_campaigns, campaign_of_customers, write_ad_spend, write_content
from kpis.demo.operations import write_external, write_inventory, write_visits
from kpis.demo.orders import Ledger, World, write_orders
from kpis.demo.org import build_org
from kpis.demo.people import People, build_people
from kpis.demo.private import build_contacts, write_service
from kpis.demo.products import build_products
from kpis.demo.scale import DAY_SECONDS, NEVER_SOLD, Ints, Scale
from kpis.demo.targets import write_targets
from kpis.demo.write import Sink

TABLES = (
    "org_units", "seats", "employees", "role_assignments", "reporting_lines", "campaigns", "products", "customers",
    "orders", "order_lines", "order_touches", "contacts", "interactions", "service_daily", "visits", "ad_spend",
    "content_stats", "inventory", "surveys", "training_records", "costs", "milestones", "external_metrics", "reviews",
    "targets",
)  # fmt: skip


class Persona(NamedTuple):
    """One person of the demo who may sign in: the external ids of person and unit."""

    employee_id: str
    unit_id: str


class Personas(NamedTuple):
    """Who the demo's sign-ins are; the owner is the HR head, too."""

    hr_lead: Persona
    executive: Persona
    analyst: Persona
    line_manager: Persona
    guide: Persona


@dataclass(frozen=True, slots=True)
class Table:
    """One written file."""

    name: str
    path: Path
    rows: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was written: the tables with parents before children, and the people for the sign-ins."""

    scale: str
    seed: int
    tables: tuple[Table, ...]
    personas: Personas

    def rows(self) -> dict[str, int]:
        """Return the row counts by table."""
        return {table.name: table.rows for table in self.tables}


def people_for_sign_in(manifest: Manifest) -> Personas:
    """Return the external ids behind the demo's sign-ins."""
    return manifest.personas


def _personas(people: People, posts: dict[str, str]) -> Personas:
    def of(employee: str) -> Persona:
        return Persona(employee, people.units[people.index[employee]])

    region_manager = people.text(people.units.index("R01"))
    return Personas(
        hr_lead=of(posts["hr"]),
        executive=of(posts["ceo"]),
        analyst=of(posts["analyst1"]),
        line_manager=of(region_manager),
        guide=of(people.text(int(people.first[0]))),
    )


def _last_orders(customers: Customers, ledger: Ledger) -> Ints:
    last = np.full(len(customers.pool), NEVER_SOLD, dtype=np.int64)
    known = ledger.customer >= 0
    # days ascend, so the last assignment of a person is the last order
    last[ledger.customer[known]] = ledger.day[known]
    return last


def generate(scale: Scale, *, seed: int, out: Path) -> Manifest:
    """Write all tables as `<table>.csv` into `out`. The same scale and seed give the same bytes."""
    with Sink(out) as sink:
        org = build_org(scale, seed=seed, sink=sink)
        write_changes(org, sink=sink)
        people, posts = build_people(scale, org, seed=seed, sink=sink)
        campaigns = build_campaigns(scale, seed=seed, sink=sink)
        products = build_products(scale, seed=seed, sink=sink)
        customers = build_customers(scale, org, people, seed=seed)
        world = World(scale, org, people, customers, products, campaigns, seed)
        ledger = write_orders(world, sink)
        _write_the_rest(world, ledger, posts, sink)
        rows = dict(sink.rows)
    tables = tuple(Table(name, out / f"{name}.csv", rows[name]) for name in TABLES)
    return Manifest(scale.name, seed, tables, _personas(people, posts))


def _write_the_rest(world: World, ledger: Ledger, posts: dict[str, str], sink: Sink) -> None:
    customers, seed = world.customers, world.seed
    erased = erasures(customers, _last_orders(customers, ledger), seed=seed)
    online = np.isin(customers.channel, (MALL, PLATFORM)).astype(np.int64)
    won_by = campaign_of_customers(world.campaigns, customers.created // DAY_SECONDS, online, seed=seed)
    write_customers(customers, erased, campaigns=world.campaigns.ids, campaign=won_by, seed=seed, sink=sink)
    contacts = build_contacts(world, erased, sink=sink)
    activity = write_interactions(world, contacts, ledger, erased, sink=sink)
    write_service(world, contacts, sink=sink)
    ads = write_ad_spend(world.campaigns, ledger.monthly(ledger.net.astype(np.float64)), seed=seed, sink=sink)
    posts_seen, reactions = write_content(world.scale, world.campaigns, seed=seed, sink=sink)
    books = Books(
        spending=write_costs(world, ledger, ads.cost, sink=sink),
        ads=ads,
        posts=posts_seen,
        reactions=reactions,
        stock=write_inventory(world, ledger, sink=sink),
        visitors=write_visits(world, ledger, sink=sink),
        brand=write_external(world, ledger, sink=sink),
    )
    write_surveys(world, ledger, sink=sink)
    write_training(world, posts, sink=sink)
    write_milestones(world, sink=sink)
    write_reviews(world, posts, sink=sink)
    with connect(world, ledger, contacts, activity) as db:
        actuals = company_actuals(world, ledger, contacts, books, db)
        write_targets(world, ledger, contacts, actuals, db, sink=sink)
