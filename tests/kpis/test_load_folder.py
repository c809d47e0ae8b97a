"""A folder through the data door: order of the files, one computation, and what is said when a file is faulty."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from kpis.datasets.folder import plan_folder
from kpis.library import load_library
from kpis.models import Upload
from kpis.queries.uploads import data_freshness
from kpis.services.folder import FileLoad, compute_after, load_folder, waves
from omnichannel.jobs.choices import JobKind, JobOrigin
from omnichannel.jobs.models import Job
from tests.kpis.door import order, orders_csv, work

UNITS = "unit_id,name,level,parent_id,ownership\nHQ,Head office,hq,,direct\nS1,Store 1,store,HQ,direct\n"
PEOPLE = "employee_id,unit_id,fill_mode,fte,hired_on\nE1,S1,internal,1,2024-01-01\n"
CUSTOMERS = (
    "customer_id,created_at,tag_count,linked_systems,consent_marketing\n"
    "C1,2024-01-01 10:00:00,1,1,true\nC2,2024-01-02 10:00:00,1,1,true\n"
)


@pytest.fixture(autouse=True)
def data_root(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_ROOT = tmp_path / "data"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = tmp_path / "files"
    files.mkdir()
    (files / "orders.csv").write_bytes(orders_csv(order(1), order(2, day="2024-06-01")))
    (files / "customers.csv").write_text(CUSTOMERS)
    (files / "employees.csv").write_text(PEOPLE)
    (files / "org_units.csv").write_text(UNITS)
    return files


def run(folder: Path, *, good_rows: bool = False) -> list[FileLoad]:
    """Load a folder with the jobs run in between, as a worker would."""
    return list(load_folder(folder, good_rows=good_rows, actor_id=None, pause=_work))


def _work() -> None:
    work()


def test_parents_load_before_what_refers_to_them(folder: Path) -> None:
    (folder / "orders_2.csv").write_bytes(orders_csv(order(3)))
    tables = load_library().tables
    grouped = [[plan.filename for plan in wave] for wave in waves(plan_folder(folder, tables=tables), tables=tables)]
    assert grouped == [["org_units.csv", "customers.csv"], ["employees.csv"], ["orders.csv"], ["orders_2.csv"]]


@pytest.mark.usefixtures("in_workspace")
def test_a_folder_loads_whole_and_asks_for_the_computation_at_its_end(folder: Path) -> None:
    loads = run(folder)
    assert {load.filename: (load.loaded, load.rows) for load in loads} == {
        "org_units.csv": (True, 2),
        "employees.csv": (True, 1),
        "customers.csv": (True, 2),
        "orders.csv": (True, 2),
    }
    assert Job.objects.filter(kind=JobKind.COMPUTE_VALUES).count() == 0
    (job,) = compute_after(loads, actor_id=None)
    assert (job.params["periods"], job.origin) == (["2024-05", "2024-06"], JobOrigin.COMMAND)
    assert {fresh.table.id: fresh.rows for fresh in data_freshness() if fresh.loaded_at} == {
        "org_units": 2,
        "employees": 1,
        "customers": 2,
        "orders": 2,
    }


@pytest.mark.usefixtures("in_workspace")
def test_a_folder_loaded_twice_changes_nothing(folder: Path) -> None:
    run(folder)
    again = run(folder)
    assert [(load.loaded, load.effect["new"], load.effect["changed"]) for load in again] == [(True, 0, 0)] * 4


@pytest.mark.usefixtures("in_workspace")
def test_after_a_faulty_file_nothing_later_is_begun_and_the_problems_are_named(folder: Path) -> None:
    (folder / "employees.csv").write_text(PEOPLE.replace("E1,S1", "E1,S9"))
    loads = run(folder)
    faulty = [load for load in loads if not load.loaded]
    assert [load.filename for load in faulty] == ["employees.csv"]
    assert "line 2, unit_id" in faulty[0].problems[0]
    assert not Upload.objects.filter(filename="orders.csv").exists()


@pytest.mark.usefixtures("in_workspace")
def test_the_good_rows_of_a_faulty_file_load_when_asked(folder: Path) -> None:
    (folder / "orders.csv").write_bytes(orders_csv(order(1), order(2, net="abc")))
    assert [load.loaded for load in run(folder)][-1] is False
    assert {load.filename: load.rows for load in run(folder, good_rows=True)}["orders.csv"] == 1


@pytest.mark.usefixtures("in_workspace")
def test_the_public_purchase_history_loads_through_its_mapping(tmp_path: Path) -> None:
    files = tmp_path / "cdnow"
    files.mkdir()
    # The package is a data file to us; importing it would run code made for an old pandas.
    package = find_spec("lifetimes")
    assert package is not None
    source = Path(str(package.origin)).parent / "datasets" / "CDNOW_master.txt"
    (files / source.name).write_bytes(source.read_bytes())
    (files / "mapping.yaml").write_text(f"{source.name}: {{preset: cdnow}}\n")
    loads = {load.table: load for load in run(files)}
    assert {table: (load.loaded, load.rows) for table, load in loads.items()} == {
        "customers": (True, 23_570),
        "orders": (True, 69_659),
    }


def test_the_command_says_what_is_wrong_and_fails(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is no folder"):
        call_command("load_folder", "acme", str(tmp_path / "nowhere"))
    with pytest.raises(CommandError, match="there is no workspace 'acme'"):
        call_command("load_folder", "acme", str(tmp_path))
