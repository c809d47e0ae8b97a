"""How fast and in how much memory an upload is read, checked and written, against the bare readers and pandas.

`python -m omnichannel.services.ingest_bench NAME DIR` runs one of the others alone and prints its seconds.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from xml.sax.saxutils import escape

import duckdb

from kpis.datasets.child import end_zygotes, run_limited
from omnichannel.services.session import ROOT

ROUNDS = 3
CSV_ROWS, XLSX_ROWS = 1_000_000, 200_000
CUSTOMERS, UNITS, EMPLOYEES = 300_000, 2_000, 10_000
MEMORY_MB, SECONDS = 1_024, 600
IDS = {
    "customers.customer_id": ("C", CUSTOMERS),
    "org_units.unit_id": ("S", UNITS),
    "employees.employee_id": ("E", EMPLOYEES),
}
TYPES = {
    "order_id": "VARCHAR",
    "customer_id": "VARCHAR",
    "channel": "VARCHAR",
    "unit_id": "VARCHAR",
    "employee_id": "VARCHAR",
    "paid_at": "TIMESTAMP",
    "status": "VARCHAR",
    "gross_amount": "DECIMAL(18,4)",
    "discount_amount": "DECIMAL(18,4)",
    "refund_amount": "DECIMAL(18,4)",
    "net_amount": "DECIMAL(18,4)",
    "item_count": "BIGINT",
}
CHANNELS = ("store", "private_mall", "public_platform", "local_life", "livestream", "other")
STATUSES = ("paid", "completed", "cancelled")
MONEY = ("gross_amount", "discount_amount", "refund_amount", "net_amount")


def ingest_figures(rows: int = 0) -> dict[str, float]:
    """Return ratios of medians over interleaved rounds, rows per second and peak megabytes.

    Ours is what the product does, in its child process; the others are timed without their start. With `rows` only our
    own load of a CSV of so many rows is measured, once.
    """
    with tempfile.TemporaryDirectory(prefix="ingest-") as folder:
        desk = Path(folder)
        write_orders(desk / "orders.csv", rows=rows or CSV_ROWS)
        _write_ids(desk)
        seconds = _load(desk, "orders.csv", rows=rows or CSV_ROWS)
        # Before any other child: the system keeps one figure for all of them.
        peak = _peak_mb()
        if rows:
            return {"rows_per_s": round(rows / seconds), "peak_mb": peak}
        taken: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            taken.setdefault("csv", []).append(_load(desk, "orders.csv", rows=CSV_ROWS))
            for name in ("duckdb", "pandas"):
                taken.setdefault(name, []).append(_other(name, desk))
        _write_workbook(desk)
        for _ in range(ROUNDS):
            taken.setdefault("xlsx", []).append(_load(desk, "orders.xlsx", rows=XLSX_ROWS))
            taken.setdefault("calamine", []).append(_other("calamine", desk))
    middle = {name: median(seconds) for name, seconds in taken.items()}
    return {
        "csv_to_duckdb": round(middle["csv"] / middle["duckdb"], 2),
        "csv_faster_than_pandas": round(middle["pandas"] / middle["csv"], 2),
        "xlsx_to_calamine": round(middle["xlsx"] / middle["calamine"], 2),
        "rows_per_s": round(CSV_ROWS / middle["csv"]),
        "peak_mb": peak,
    }


def write_orders(path: Path, *, rows: int) -> None:
    """Write a CSV of orders: 12 columns, two years in the order of time, every amount and reference sound."""
    channels, statuses = (", ".join(f"'{value}'" for value in values) for values in (CHANNELS, STATUSES))
    with duckdb.connect() as engine:
        engine.execute("create macro pick(i, salt) as (hash(i, salt) >> 1)::bigint")
        engine.execute(
            f"""
            copy (
                select 'SO' || lpad(i::varchar, 10, '0') as order_id,
                       'C' || pick(i, 1) % {CUSTOMERS} as customer_id,
                       [{channels}][pick(i, 2) % {len(CHANNELS)} + 1] as channel,
                       'S' || pick(i, 3) % {UNITS} as unit_id,
                       'E' || pick(i, 4) % {EMPLOYEES} as employee_id,
                       strftime(timestamp '2023-01-01' + to_seconds(i * 63072000 // {rows}), '%Y-%m-%d %H:%M:%S')
                           as paid_at,
                       [{statuses}][pick(i, 5) % {len(STATUSES)} + 1] as status,
                       gross::decimal(18, 2) as gross_amount,
                       discount::decimal(18, 2) as discount_amount,
                       refund::decimal(18, 2) as refund_amount,
                       (gross - discount - refund)::decimal(18, 2) as net_amount,
                       pick(i, 6) % 5 + 1 as item_count
                from (
                    select i, gross, discount, if(pick(i, 9) % 40 = 0, gross - discount, 0) as refund
                    from (
                        select i, (1000 + pick(i, 7) % 200000) / 100 as gross,
                               if(pick(i, 8) % 2 = 0, pick(i, 8) % 900, 0) / 100 as discount
                        from range({rows}) as numbers(i)
                    )
                )
            ) to '{path}' (header, delimiter ',')
            """  # noqa: S608 - our own numbers and a path of ours
        )


def _write_ids(desk: Path) -> None:
    with duckdb.connect() as engine:
        for name, (letter, many) in IDS.items():
            ids = f"select '{letter}' || i as id from range({many}) as ids(i)"  # noqa: S608 - our own numbers
            engine.execute(f"copy ({ids}) to '{desk / name}.parquet'")


def _write_workbook(desk: Path) -> None:
    """Write the first rows of the CSV as XLSX: text cells, amounts as numbers."""
    letters = "ABCDEFGHIJKL"
    with zipfile.ZipFile(desk / "orders.xlsx", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        for name, content in WORKBOOK.items():
            book.writestr(name, content)
        with book.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(f'<?xml version="1.0"?><worksheet xmlns="{MAIN}"><sheetData>'.encode())
            for number, cells in enumerate(_csv_rows(desk / "orders.csv"), start=1):
                written = "".join(
                    f'<c r="{letter}{number}"><v>{cell}</v></c>'
                    if number > 1 and letter in "HIJKL"
                    else f'<c r="{letter}{number}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
                    for letter, cell in zip(letters, cells, strict=True)
                )
                sheet.write(f'<row r="{number}">{written}</row>'.encode())
            sheet.write(b"</sheetData></worksheet>")


def _csv_rows(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8") as lines:
        for _, line in zip(range(XLSX_ROWS + 1), lines, strict=False):
            yield line.rstrip("\n").split(",")


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SHEETS = "application/vnd.openxmlformats-officedocument.spreadsheetml"
WORKBOOK = {
    "[Content_Types].xml": f'<?xml version="1.0"?><Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{SHEETS}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{SHEETS}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<?xml version="1.0"?><Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<?xml version="1.0"?><workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
    '<sheets><sheet name="orders" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<?xml version="1.0"?><Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}


def _load(desk: Path, filename: str, *, rows: int) -> float:
    """Load a file as an upload is loaded; return the seconds. Raise when a row was not taken."""
    with tempfile.TemporaryDirectory(dir=desk) as out:
        arguments = {
            "path": str(desk / filename),
            "filename": filename,
            "table": "orders",
            "out_dir": out,
            "upload_seq": 1,
            "known": {name: str(desk / f"{name}.parquet") for name in IDS},
        }
        started = time.perf_counter()
        outcome = run_limited(
            "kpis.datasets.pipeline:load_file", arguments, memory_mb=MEMORY_MB, seconds=SECONDS, work_dir=desk
        )
        seconds = time.perf_counter() - started
        if outcome.result is None or outcome.result["effect"]["new"] != rows:
            raise RuntimeError(outcome.log or str(outcome.result and outcome.result["counts"]))
        return seconds


def _peak_mb() -> float:
    """Return the most memory a child of ours has had so far."""
    end_zygotes()
    return round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, 1)


def _other(name: str, desk: Path) -> float:
    """Run another way in a process of its own; it says how long it took without its start."""
    command = [sys.executable, "-m", "omnichannel.services.ingest_bench", name, str(desk)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout)["seconds"])


def _duckdb(desk: Path) -> None:
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in TYPES.items())
    with duckdb.connect() as engine:
        engine.execute(
            f"copy (from read_csv('{desk / 'orders.csv'}', columns = {{{columns}}})) to '{desk / 'bare.parquet'}'"
        )


def _calamine(desk: Path) -> None:
    from python_calamine import CalamineWorkbook

    with CalamineWorkbook.from_path(str(desk / "orders.xlsx")) as book:
        rows = sum(1 for _ in book.get_sheet_by_index(0).iter_rows())
    if rows != XLSX_ROWS + 1:
        raise RuntimeError(f"{rows} rows")


def _pandas(desk: Path) -> None:
    """Do the same checks and writes as a developer does them with pandas."""
    import pandas as pd

    raw = pd.read_csv(desk / "orders.csv", dtype=str, keep_default_na=False)
    personal = r"(?:\+?86)?1[3-9]\d{9}|[1-9]\d{16}[\dX]|[^@\s]+@[^@\s]+\.[a-zA-Z]{2,}"
    if any(raw[name].sample(5_000, random_state=1).str.fullmatch(personal).mean() > 0.3 for name in raw):
        raise RuntimeError("personal data")
    rows = raw.apply(lambda column: column.str.strip())
    odd = r"^[#']|^(?:null|\\n|--?)$|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\ufffd]"
    texts = ("order_id", "customer_id", "unit_id", "employee_id")
    faults = [rows[name].str.contains(odd, case=False) | (rows[name].str.len() > 200) for name in texts]
    typed = rows.copy()
    for name in (*MONEY, "item_count"):
        typed[name] = pd.to_numeric(rows[name], errors="coerce")
    typed["paid_at"] = pd.to_datetime(rows["paid_at"], format="%Y-%m-%d %H:%M:%S", errors="coerce")
    faults += [typed[name].isna() | (typed[name] == "") for name in typed]
    faults += [~rows["channel"].isin(CHANNELS), ~rows["status"].isin(STATUSES)]
    faults += [typed[name] < 0 for name in (*MONEY[:3], "item_count")]
    net = typed["gross_amount"] - typed["discount_amount"] - typed["refund_amount"]
    faults += [(typed["net_amount"] - net).abs() > 0.01, typed.duplicated("order_id")]
    for ids in IDS:
        known = pd.read_parquet(desk / f"{ids}.parquet")["id"]
        faults.append(~rows[ids.split(".")[1]].isin(known))
    bad = pd.concat(faults, axis=1).any(axis=1)
    typed = typed[~bad]
    if len(typed) != len(raw):
        raise RuntimeError(f"{int(bad.sum())} bad rows")
    (desk / "months").mkdir(exist_ok=True)
    for month, part in typed.groupby(typed["paid_at"].dt.to_period("M")):
        part.to_parquet(desk / "months" / f"{month}.parquet")
        raw.loc[part.index].to_parquet(desk / "months" / f"{month}.raw.parquet")


OTHERS: dict[str, Callable[[Path], None]] = {"duckdb": _duckdb, "pandas": _pandas, "calamine": _calamine}


def main(name: str, desk: Path) -> None:
    """Run one of the others and print its seconds; what it imports is there before."""
    for module in ("pandas", "pyarrow.parquet", "python_calamine"):
        __import__(module)
    started = time.perf_counter()
    OTHERS[name](desk)
    print(json.dumps({"seconds": time.perf_counter() - started}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
