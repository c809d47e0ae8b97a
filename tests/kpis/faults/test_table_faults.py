"""Faults of the other tables and of whole files: each is reported as itself, and its one-click fix takes it away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from kpis.datasets.checks.checking import Checked, check_table
from kpis.datasets.files.raw import RawTable
from kpis.datasets.files.reading import read_table
from kpis.datasets.meaning.mapping import ColumnMapping, Confidence
from kpis.datasets.meaning.sources import Source
from kpis.datasets.repair.fixcases import Fix, Surroundings
from kpis.datasets.repair.fixes import fold
from kpis.datasets.repair.suggestions import suggest
from kpis.library import load_library

LIBRARY = load_library()
ROLES = frozenset(weights.role for weights in LIBRARY.weights.values())
ALLOWED = {"kpi_id": frozenset(LIBRARY.kpis), "role_id": ROLES, "owner_role": ROLES}
KNOWN = {"org_units.unit_id": ["S1", "S2"], "employees.employee_id": ["E1", "E2"], "campaigns.campaign_id": ["CP12"]}
NAMES = {"org_units.unit_id": {"静安店": "S1"}}
Found = tuple[int | None, str, str]


@dataclass(frozen=True)
class Case:
    """A file, the faults in it, and (by its English label) the fix that takes them all away."""

    name: str
    table: str
    text: str
    found: tuple[Found, ...]
    fix: str = ""


CUSTOMERS = "customer_id,created_at,tag_count,linked_systems,consent_marketing\n"
INTERACTIONS = "date,customer_id,kind,employee_id,count\n"
TARGETS = "period,kpi_id,scope_kind,scope_id,value\n"
ASSIGNED = "employee_id,role_id,unit_id,share,start_on,end_on\n"
UNITS = "unit_id,name,level,parent_id,ownership\n"
PEOPLE = "employee_id,unit_id,manager_id,fill_mode,fte,hired_on,left_on\n"
REVIEWS = "period,kpi_id,subject_kind,subject_id,reviewer_id,score,evidence\n"
TRAINING = "employee_id,programme_id,started_on,completed_on,hours,exam_score,passed\n"
CONTACTS = "contact_id,unit_id,kind,source,added_at,removed_at\n"
ORDERS = "order_id,channel,paid_at,status,gross_amount,discount_amount,refund_amount,net_amount,item_count\n"
ORDER = "A{},store,2024-06-0{},completed,10,1,0,9,1\n"
CASES = (
    Case(
        "yes or no",
        "customers",
        f"{CUSTOMERS}c1,2024-06-01,1,1,同意书\nc2,2024-06-01,1,1,是\n",
        ((2, "consent_marketing", "not_boolean"),),
        "Take “同意书” for “yes”",
    ),
    Case(
        "pieces with their word",
        "customers",
        f"{CUSTOMERS}c1,2024-06-01,3个,1,1\nc2,2024-06-01,1.2k,1,1\n",
        ((2, "tag_count", "not_integer"), (3, "tag_count", "not_integer")),
        "Read as numbers: “3个”→“3”, “1.2k”→“1200”",
    ),
    Case(
        "decimal commas",
        "orders",
        f'{ORDERS}A1,store,2024-06-01,completed,"1.234,5",0,0,1234.5,1\n',
        ((2, "gross_amount", "ambiguous_number"),),
        "The comma is the decimal sign: “1.234,5”→“1234.5”",
    ),
    Case(
        "last of June",
        "interactions",
        f"{INTERACTIONS}2024/06/31,c1,share,,1\n",
        ((2, "date", "not_date"),),
        "Use the last day of the month: “2024/06/31”→“2024/06/30”",
    ),
    Case(
        "text that turns around",
        "customers",
        f"{CUSTOMERS.strip()},member_tier\nc1,2024-06-01,1,1,1,金\u202e卡\n",
        ((2, "member_tier", "control_character"),),
        "Delete the invisible characters: “金\u202e卡”→“金卡”",
    ),
    Case(
        "total below",
        "orders",
        f"{ORDERS}{ORDER.format(1, 1)}合计,,,,10,1,0,9,1\n",
        ((3, "", "total_row"),),
    ),
    Case(
        "order of the far future",
        "orders",
        f"{ORDERS}A1,store,2098-06-01,completed,10,1,0,9,1\n",
        ((2, "paid_at", "future_date"),),
        "Leave this row out",
    ),
    Case(
        "count with a unit",
        "customers",
        f"{CUSTOMERS}c1,2024-06-01,3个,1.2k,1\n",
        ((2, "tag_count", "not_integer"), (2, "linked_systems", "not_integer")),
    ),
    Case(
        "day that is not",
        "interactions",
        f"{INTERACTIONS}2024-6-31,c1,share,,1\n2024-06-30,c1,share,,1\n",
        ((2, "date", "not_date"),),
        "Leave this row out",
    ),
    Case(
        "kind nobody has",
        "interactions",
        f"{INTERACTIONS}2024-06-30,c1,shared,,1\n",
        ((2, "kind", "not_in_list"),),
        "Take “shared” for “Share”",
    ),
    Case(
        "half an interaction",
        "interactions",
        f"{INTERACTIONS}2024-06-30,c1,share,,0.5\n",
        ((2, "count", "not_integer"),),
        "Leave this row out",
    ),
    Case(
        "key with an empty part",
        "interactions",
        f"{INTERACTIONS}2024-06-30,c1,share,,1\n2024-06-30,c1,share,,2\n2024-06-30,c1,share,E1,3\n",
        ((3, "date, customer_id, kind, employee_id", "duplicate_key"),),
        "Of rows with one key keep the last",
    ),
    Case(
        "word for a period",
        "targets",
        f"{TARGETS}六月,new_private_users,unit,S1,5\n2024-06,new_private_users,unit,S1,5\n",
        ((2, "period", "not_period"),),
        "Leave this row out",
    ),
    Case(
        "period of another century",
        "targets",
        f"{TARGETS}2124-06,new_private_users,unit,S1,5\n",
        ((2, "period", "date_out_of_range"),),
        "Leave this row out",
    ),
    Case(
        "KPI mistyped",
        "targets",
        f"{TARGETS}2024-06,new_privat_users,unit,S1,5\n",
        ((2, "kpi_id", "unknown_id"),),
        "Use the nearest ids: “new_privat_users”→“new_private_users”",
    ),
    Case(
        "role mistyped",
        "role_assignments",
        f"{ASSIGNED}E1,digital_guide,S1,0.5,2024-01-01,\n",
        ((2, "role_id", "unknown_id"),),
        "Use the nearest ids: “digital_guide”→“digital-guide”",
    ),
    Case(
        "share in percent",
        "role_assignments",
        f"{ASSIGNED}E1,digital-guide,S1,60,2024-01-01,\nE2,digital-guide,S1,40,2024-01-01,\n",
        ((2, "share", "out_of_range"), (3, "share", "out_of_range")),
        "The whole column is in percent: divide by 100",
    ),
    Case(
        "end before start",
        "role_assignments",
        f"{ASSIGNED}E1,digital-guide,S1,0.5,2024-02-01,2024-01-01\n",
        ((2, "end_on", "end_before_start"),),
        "Leave this row out",
    ),
    Case(
        "unit by its name",
        "role_assignments",
        f"{ASSIGNED}E1,digital-guide,静安店,0.5,2024-01-01,\n",
        ((2, "unit_id", "unknown_reference"),),
        "Use the ids of these names: “静安店”→“S1”",
    ),
    Case(
        "unit in other writing",
        "role_assignments",
        f"{ASSIGNED}E1,digital-guide,s-1,0.5,2024-01-01,\n",
        ((2, "unit_id", "unknown_reference"),),
        "Use the nearest ids: “s-1”→“S1”",
    ),
    Case(
        "circle of units",
        "org_units",
        f"{UNITS}A,a,region,B,na\nB,b,region,A,na\nC,c,store,A,direct\n",
        ((2, "parent_id", "cycle"), (3, "parent_id", "cycle")),
    ),
    Case("unit above itself", "org_units", f"{UNITS}A,a,region,A,na\n", ((2, "parent_id", "cycle"),)),
    Case(
        "parent that is not there",
        "org_units",
        f"{UNITS}A,a,region,,na\nC,c,store,X9,direct\n",
        ((3, "parent_id", "unknown_parent"),),
        "Take “X9” as empty",
    ),
    Case(
        "manager that is not there",
        "employees",
        f"{PEOPLE}E7,S1,E77,internal,1,2024-01-01,\n",
        ((2, "manager_id", "unknown_parent"),),
        "Take “E77” as empty",
    ),
    Case(
        "left before hired",
        "employees",
        f"{PEOPLE}E7,S1,,internal,1,2024-02-01,2024-01-01\n",
        ((2, "left_on", "end_before_start"),),
    ),
    Case(
        "negative time",
        "employees",
        f"{PEOPLE}E7,S1,,internal,-1,2024-02-01,\n",
        ((2, "fte", "negative_amount"),),
        "Drop the minus sign: “-1”→“1”",
    ),
    Case(
        "marks out of range",
        "reviews",
        f"{REVIEWS}2024-Q2,creative_optimisation,unit,S1,E1,6,y\n2024-Q2,creative_optimisation,unit,S2,E1,0,y\n",
        ((2, "score", "out_of_range"), (3, "score", "out_of_range")),
        "Leave these 2 rows out",
    ),
    Case(
        "exam above 100",
        "training_records",
        f"{TRAINING}E1,P1,2024-01-01,,2,101,是\n",
        ((2, "exam_score", "out_of_range"),),
        "Leave this row out",
    ),
    Case(
        "passed, more or less",
        "training_records",
        f"{TRAINING}E1,P1,2024-01-01,,2,80,差不多\n",
        ((2, "passed", "not_boolean"),),
        "Take “差不多” as empty",
    ),
    Case(
        "removed before added",
        "contacts",
        f"{CONTACTS}k1,S1,wecom_friend,store,2024-06-02,2024-06-01\n",
        ((2, "removed_at", "end_before_start"),),
    ),
    Case(
        "dates with the day first",
        "contacts",
        f"{CONTACTS}k1,S1,wecom_friend,store,25/12/2024 10:00,\nk2,S1,wecom_friend,store,03/04/2024 11:00,\n",
        ((2, "added_at", "ambiguous_date"), (3, "added_at", "ambiguous_date")),
        "Read the column as day/month/year: 25/12/2024 10:00 → 2024-12-25 10:00",
    ),
    Case(
        "net amounts that are no sums",
        "orders",
        f"{ORDERS}A1,store,2024-06-01,completed,10,1,0,8,1\n",
        ((2, "net_amount", "net_mismatch"),),
        "Compute the net amount as gross - discount - refund",
    ),
    Case(
        "column of a required amount missing",
        "orders",
        f"{ORDERS.replace('net_amount,', '')}A1,store,2024-06-01,completed,10,1,0,1\n",
        (),
    ),
    Case(
        "column of a list missing",
        "orders",
        f"{ORDERS.replace('channel,', '')}A1,2024-06-01,completed,10,1,0,9,1\n",
        ((None, "channel", "column_missing"),),
        "Use “Store” for every row",
    ),
    Case(
        "column of refunds missing",
        "orders",
        f"{ORDERS.replace('refund_amount,', '')}A1,store,2024-06-01,completed,10,1,9,1\n",
        ((None, "refund_amount", "column_missing"),),
        "Use “0” (there were none) for every row",
    ),
    Case(
        "empty cells of a list",
        "orders",
        f"{ORDERS}A1,,2024-06-01,completed,10,1,0,9,1\n{ORDER.format(2, 2)}",
        ((2, "channel", "required_empty"),),
        "Fill the empty ones with “Store”",
    ),
    Case(
        "lines without their last cells",
        "orders",
        f"{ORDERS.strip()},goods_cost\n{ORDER.format(1, 1).strip()},4\n{ORDER.format(2, 2)}",
        ((3, "", "ragged_row"),),
        "Pad short lines, cut empty extra cells",
    ),
    Case(
        "phone numbers for customers",
        "customers",
        CUSTOMERS + "".join(f"1380013{number:04d},2024-06-01,1,1,1\n" for number in range(30)),
        ((None, "customer_id", "personal_data"),),
    ),
    Case(
        "quote left open",
        "orders",
        f'{ORDERS}{ORDER.format(1, 1)}"{ORDER.format(2, 2)}{ORDER.format(3, 3)}',
        ((3, "", "unterminated_quote"), (3, "", "ragged_row")),
    ),
    Case("header only", "orders", ORDERS, ((None, "", "no_rows"),)),
    Case("nothing at all", "orders", "", ((None, "", "empty_file"),)),
)


def read(case: Case, folder: Path) -> RawTable:
    path = folder / "file.csv"
    path.write_bytes(case.text.encode())
    return read_table(path, filename=path.name).in_memory()


def mapping_of(case: Case, columns: Sequence[str]) -> ColumnMapping:
    names = {column.name for column in LIBRARY.tables[case.table].columns}
    return ColumnMapping(
        case.table, Confidence.SURE, fields={one: Source(column=one) for one in columns if one in names}
    )


def check(raw: RawTable, *, mapping: ColumnMapping, case: Case, steps: Sequence[dict[str, Any]] = ()) -> Checked:
    mapping, corrections = fold(mapping, steps)
    table = LIBRARY.tables[case.table]
    return check_table(raw, mapping=mapping, table=table, known=KNOWN, allowed=ALLOWED, corrections=corrections)


def offered(checked: Checked, *, mapping: ColumnMapping, case: Case) -> list[Fix]:
    around = Surroundings(known=KNOWN, names=NAMES, allowed=ALLOWED)
    table = LIBRARY.tables[case.table]
    return [
        fix for group in checked.counts.groups for fix in suggest(group, mapping=mapping, table=table, around=around)
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_faults_of_the_file_are_reported_exactly(case: Case, tmp_path: Path) -> None:
    raw = read(case, tmp_path)
    checked = check(raw, mapping=mapping_of(case, raw.columns), case=case)
    assert Counter((one.line, one.column, one.code) for one in checked.problems) == Counter(case.found)


@pytest.mark.parametrize("case", [case for case in CASES if case.fix], ids=lambda case: case.name)
def test_the_fix_is_offered_in_words_and_takes_the_fault_away(case: Case, tmp_path: Path) -> None:
    raw = read(case, tmp_path)
    mapping = mapping_of(case, raw.columns)
    fixes = {fix.label.en: fix for fix in offered(check(raw, mapping=mapping, case=case), mapping=mapping, case=case)}
    assert case.fix in fixes, list(fixes)
    assert fixes[case.fix].label.zh
    assert check(raw, mapping=mapping, case=case, steps=fixes[case.fix].steps).problems == ()


def test_a_fix_that_was_offered_is_never_taken_by_itself(tmp_path: Path) -> None:
    case = next(case for case in CASES if case.name == "unit by its name")
    raw = read(case, tmp_path)
    first = check(raw, mapping=mapping_of(case, raw.columns), case=case)
    assert offered(first, mapping=mapping_of(case, raw.columns), case=case)
    assert check(raw, mapping=mapping_of(case, raw.columns), case=case).rows.column("unit_id").to_pylist() == ["静安店"]


def test_a_column_the_mapping_names_and_the_file_lost_is_told(tmp_path: Path) -> None:
    case = replace(CASES[0], table="orders", text=ORDERS.replace("net_amount", "net") + ORDER.format(1, 1))
    raw = read(case, tmp_path)
    mapping = mapping_of(case, [*raw.columns, "net_amount"])
    problems = check(raw, mapping=mapping, case=case).problems
    assert [(one.line, one.column, one.code) for one in problems] == [(None, "net_amount", "source_missing")]


def test_an_id_with_another_number_is_never_offered_for_a_typing_error(tmp_path: Path) -> None:
    case = Case(
        "",
        "role_assignments",
        f"{ASSIGNED}E3,digital-guide,S3,0.5,2024-01-01,\nE01,digital-guide,S1,1,2024-01-01,\n",
        (),
    )
    raw = read(case, tmp_path)
    mapping = mapping_of(case, raw.columns)
    fixes = offered(check(raw, mapping=mapping, case=case), mapping=mapping, case=case)
    assert [fix.label.en for fix in fixes if "nearest" in fix.label.en] == ["Use the nearest ids: “E01”→“E1”"]
