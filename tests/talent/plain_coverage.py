"""Count the coverage cells and judge the pairs of roles again, from what the API exports. Knows none of our code.

    python tests/talent/plain_coverage.py https://host/api/v1/workspaces/acme TOKEN 2026-10-31 [more days ...]

prints every point where the recomputation differs from what the product says, and how many points it compared.
"""

from __future__ import annotations

import json
import sys
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import yaml

Row = Mapping[str, Any]
Cell = tuple[str, str]
Counted = tuple[int, int, Decimal]
Read = Callable[[str], list[dict[str, Any]]]
RULES = Path(__file__).parents[2] / "roles" / "catalogue" / "data"
SERVING, BUSINESS = {"hq", "department", "project_team"}, {"group", "business_unit"}
# where a figure of a sign is read: the KPI, and its value or its denominator
FIGURES = {
    "members": ("member_active_rate", "denominator"),
    "member_sales_share": ("member_sales_share", "value"),
    "content_items": ("content_output", "value"),
}


def above(units: Iterable[Row]) -> dict[str, tuple[str, ...]]:
    """Return each unit with itself and all units over it, nearest first."""
    parent = {unit["external_id"]: unit["parent_external_id"] for unit in units}
    found = {}
    for unit in parent:
        path, here = [], unit
        while here is not None:
            path.append(here)
            here = parent.get(here)
        found[unit] = tuple(path)
    return found


def covered(assignments: Iterable[Row], people: Iterable[Row], units: Iterable[Row]) -> dict[Cell, Counted]:
    """Return people, dedicated people (0.8 of their time) and FTE of each unit and role that somebody holds."""
    fte = {person["external_id"]: Decimal(person["fte"]) for person in people}
    paths = above(units)
    shares: dict[Cell, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in assignments:
        for unit in paths.get(row["unit_external_id"], ()):
            shares[unit, row["role"]][row["person_external_id"]] += Decimal(row["share"])
    return {
        cell: (
            len(held),
            sum(share >= Decimal("0.8") for share in held.values()),
            sum((share * fte.get(person, Decimal(1)) for person, share in held.items()), Decimal(0)),
        )
        for cell, held in shares.items()
    }


def state(expected: str, counted: Counted | None) -> str:
    """Tell how a role stands against what is expected of the unit."""
    if counted is None:
        return "not_needed" if expected == "optional" else "missing"
    return "shared" if expected == "core" and not counted[1] else "filled"


class Plain:
    """One day, worked out again; `compared` counts the points, `differences` names those that differ."""

    def __init__(self, read: Read, day: str) -> None:
        self.read, self.day = read, day
        self.compared = 0
        self.differences: list[str] = []
        self.units, self.people, self.held = (self.on(name) for name in ("units", "people", "assignments"))
        self.stages = {row["external_id"]: row for row in self.on("stages")}
        self.paths = above(self.units)
        self.node = {unit["external_id"]: unit for unit in self.units}
        matrix = yaml.safe_load((RULES / "expectations.yaml").read_text("utf-8"))["matrix"]
        self.expected = {(row["role"], key): level for row in matrix for key, level in row["levels"].items()}

    def on(self, name: str, query: str = "") -> list[dict[str, Any]]:
        """Read a list of the day."""
        return self.read(f"{name}/?as_of={self.day}&page_size=1000{query}")

    def same(self, what: str, worked_out: object, said: object) -> None:
        self.compared += 1
        if worked_out != said:
            self.differences.append(f"{self.day} {what}: worked out {worked_out!r}, the product says {said!r}")

    def judged(self, unit: str) -> str:
        """Return the unit of which the expectation is asked: where the stage was decided, else the top one."""
        decided: str = self.stages[unit]["decided_in"] or self.paths[unit][-1]
        return decided

    def cells(self) -> None:
        counted, busy = covered(self.held, self.people, self.units), self.overloaded()
        here: dict[Cell, set[str]] = defaultdict(set)
        for row in self.held:
            for unit in self.paths.get(row["unit_external_id"], ()):
                here[unit, row["role"]].add(row["person_external_id"])
        told = self.on("coverage")
        self.same("units", set(self.node), {row["unit_external_id"] for row in told})
        for row in told:
            unit, subtype = row["unit_external_id"], self.stages[row["unit_external_id"]]["subtype"]
            self.same(f"{unit} judged", self.judged(unit), row["judged_unit_external_id"])
            for cell in row["cells"]:
                role = cell["role"]
                found = counted.get((unit, role))
                # what a workspace expects of a role of its own is its own say: of that the answer is taken
                shipped = self.expected.get((role, subtype), cell["expected"])
                level = shipped if self.judged(unit) == unit else None
                self.same(f"{unit} {role} expected", level, cell["expected"])
                self.same(f"{unit} {role} state", state(level, found) if level else None, cell["state"])
                numbers = (cell["people"], cell["dedicated"], Decimal(cell["fte"]))
                self.same(f"{unit} {role}", found or (0, 0, Decimal(0)), numbers)
                self.same(f"{unit} {role} overloaded", len(here[unit, role] & busy), cell["overloaded"])
            self.time(unit, row)

    def time(self, unit: str, row: Row) -> None:
        """Check how the time of a unit is filled."""
        staff = [each for each in self.people if unit in self.paths.get(each["unit_external_id"], ())]
        total = sum((Decimal(each["fte"]) for each in staff), Decimal(0))
        bought = sum((Decimal(each["fte"]) for each in staff if each["fill_mode"] == "outsourced"), Decimal(0))
        share = (bought / total * 100).quantize(Decimal("0.0001"), ROUND_HALF_EVEN) if total else None
        said = row["outsourced_share"]
        self.same(f"{unit} outsourced", share, None if said is None else Decimal(said))

    def overloaded(self) -> set[str]:
        """Return who has more than three roles or more than 1.2 of the time promised, wherever."""
        roles: dict[str, set[str]] = defaultdict(set)
        share: dict[str, Decimal] = defaultdict(Decimal)
        for row in self.held:
            roles[row["person_external_id"]].add(row["role"])
            share[row["person_external_id"]] += Decimal(row["share"])
        return {each for each in roles if len(roles[each]) > 3 or share[each] > Decimal("1.2")}

    def advice(self) -> None:
        told = {(row["unit_external_id"], row["pair"]): row for row in self.on("split-advice")}
        splits = yaml.safe_load((RULES / "splits.yaml").read_text("utf-8"))["splits"]
        asked = [unit for unit in self.node if self.judged(unit) == unit]
        worked_out = set()
        for unit in asked:
            held = self.holders(unit)
            for split in splits:
                if any(held.get(role) for role in split["roles"]):
                    worked_out.add((unit, split["id"]))
                    self.pair(unit, split, held, told.get((unit, split["id"])))
        self.same("pairs judged", worked_out, set(told))

    def holders(self, unit: str) -> dict[str, set[str]]:
        """Return who holds each role in the unit or below it."""
        found: dict[str, set[str]] = defaultdict(set)
        for row in self.held:
            if unit in self.paths.get(row["unit_external_id"], ()):
                found[row["role"]].add(row["person_external_id"])
        return found

    def pair(self, unit: str, split: Row, held: Mapping[str, set[str]], told: Row | None) -> None:
        if told is None:
            return
        first, second = (held.get(role, set()) for role in split["roles"])
        numbers = self.numbers(unit, held, told["period"])
        said = {name: Decimal(number) for name, number in told["figures"].items()}
        self.same(f"{unit} figures", numbers, said)
        signs = [sign["advice"] for sign in split["signs"] if self.holds(sign, unit, numbers)]
        both, advice = first & second, None
        if both or not first or not second:
            advice = "split" if "split" in signs else None
        elif "split" not in signs and "merge" in signs:
            advice = "merge"
        self.same(f"{unit} {split['id']}", advice, told["advice"])
        self.same(f"{unit} {split['id']} people", sorted(both), told["people_external_ids"])
        self.same(f"{unit} {split['id']} reasons", signs.count(advice) if advice else 0, len(told["reasons"]))

    def holds(self, sign: Row, unit: str, numbers: Mapping[str, Decimal]) -> bool:
        if sign["figure"] == "stage":
            return bool(self.stages[unit]["stage"] == sign["stage"])
        number = numbers.get(sign["figure"])
        if number is None:
            return False
        return bool(number >= sign["at_least"] if "at_least" in sign else number < sign["below"])

    def numbers(self, unit: str, held: Mapping[str, set[str]], period: str | None) -> dict[str, Decimal]:
        """Return the figures of a unit: counted from the chart, and those of the month at the scope it answers for."""
        stores = sum(unit in path and self.node[key]["level"] == "store" for key, path in self.paths.items())
        found = {"guides": Decimal(len(held.get("digital-guide", ()))), "stores": Decimal(stores)}
        scope = self.scope(unit)
        for name, (kpi, part) in FIGURES.items():
            rows = self.read(f"values/?period={period}&kpi={kpi}&page_size=1000") if period else []
            value = next((row[part] for row in rows if (row["scope_kind"], row["scope_id"] or "") == scope), None)
            if value is not None:
                found[name] = Decimal(value)
        return found

    def scope(self, unit: str) -> tuple[str, str]:
        """Return the scope a unit answers for: serving units for the nearest business above, the only root for all."""
        chosen: str | None = unit
        if self.node[unit]["level"] in SERVING:
            chosen = next((each for each in self.paths[unit][1:] if self.node[each]["level"] in BUSINESS), None)
        roots = [each for each in self.node.values() if each["parent_external_id"] not in self.node]
        is_company = chosen is None or (len(self.paths[chosen]) == 1 and len(roots) == 1)
        return ("company", "") if is_company else ("unit", str(chosen))


def recompute(read: Read, day: str) -> Plain:
    """Work out a day again and compare every point."""
    plain = Plain(read, day)
    plain.cells()
    plain.advice()
    return plain


def reader(root: str, token: str) -> Read:
    """Return what reads a list over all its pages; each address once."""
    known: dict[str, list[dict[str, Any]]] = {}

    def read(path: str) -> list[dict[str, Any]]:
        if path not in known:
            found: list[dict[str, Any]] = []
            url: str | None = f"{root}/{path}"
            while url:
                request = urllib.request.Request(url, headers={"Authorization": f"Token {token}"})  # noqa: S310
                with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                    page = json.load(answer)
                found += page if isinstance(page, list) else page["results"]
                url = None if isinstance(page, list) else page["next"]
            known[path] = found
        return known[path]

    return read


def main(root: str, token: str, *days: str) -> int:
    """Compare the days and print what differs."""
    results = [recompute(reader(root, token), day) for day in days]
    for line in (line for result in results for line in result.differences):
        print(line)
    print(f"{sum(result.compared for result in results)} points compared on {len(results)} days")
    return 1 if any(result.differences for result in results) else 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
