"""Recompute a diagnosis from two documents alone: the method's and the diagnosis's own export. Knows none of our code.

    python tests/orgstages/blind.py method.json diagnosis.json [more diagnoses ...]

prints every point where the recomputation differs from what the product says, and how many points it compared.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

Json = dict[str, Any]


class Blind:
    """One diagnosis, worked out again; `compared` counts the points, `differences` names those that differ."""

    def __init__(self, method: Json, diagnosis: Json) -> None:
        self.method, self.diagnosis = method, diagnosis
        self.compared = 0
        self.differences: list[str] = []

    def same(self, what: str, worked_out: object, said: object) -> None:
        self.compared += 1
        if worked_out != said:
            unit = self.diagnosis["unit_external_id"]
            self.differences.append(f"{unit} {what}: worked out {worked_out!r}, the product says {said!r}")

    def check(self) -> None:
        self.same("version", self.method["version"], self.diagnosis["catalogue_version"])
        answers: dict[str, str] = {}
        for row in self.diagnosis["answers"]:
            question = self.method["questions"][row["question"]]
            self.same(f"{row['question']} weight", Decimal(question["weight"]), Decimal(row["weight"]))
            of_data = self.fact(row["question"], question, row["fact"])
            of_people = self.people(row["question"], question, row["given"])
            option = of_people or of_data
            self.same(f"{row['question']} answer", option, row["option"])
            if option:
                answers[row["question"]] = option
        self.same(
            "questions", sorted(self.method["questions"]), sorted(row["question"] for row in self.diagnosis["answers"])
        )
        current = self.stage(answers)
        self.subtype(answers, current)
        self.fit(answers, current)
        self.challenges(answers)
        self.maturity(answers)

    def fact(self, name: str, question: Json, fact: Json | None) -> str:
        """Choose the option of a fact by the rule, and check its number against its parts."""
        auto = question["auto"]
        if fact is None or auto is None:
            self.same(f"{name} has a fact", bool(auto), fact is not None)
            return ""
        if not fact["option"]:
            return ""
        if auto["cases"]:
            chosen = next(
                case["option"]
                for case in auto["cases"]
                if all(fact["observed"][key] in values for key, values in case["when"].items())
            )
        else:
            self.parts(name, auto["reads"], fact)
            chosen = by_number(question, Fraction(fact["value"]))
        self.same(f"{name} fact", chosen, fact["option"])
        return chosen

    def parts(self, name: str, reads: str, fact: Json) -> None:
        if fact["numerator"] is None:
            return
        top = Fraction(fact["numerator"])
        if reads == "count":
            self.same(f"{name} value", top, Fraction(fact["value"]))
        elif fact["denominator"] is not None:
            value = top / Fraction(fact["denominator"]) * (100 if reads == "share" else 1)
            close = abs(value - Fraction(fact["value"])) <= Fraction(1, 10_000)
            self.same(f"{name} value", close, True)

    def people(self, name: str, question: Json, given: Json | None) -> str:
        """Work out what the respondents' answers come to."""
        if given is None:
            return ""
        told = [response["option"] for response in given["responses"]]
        if question["scale"]:
            option = str(sum((Fraction(each) for each in told), Fraction(0)) / len(told))
        else:
            counts = Counter(told)
            leading = sorted(key for key, count in counts.items() if count == max(counts.values()))
            self.same(f"{name} tied", len(leading) > 1, given["is_tied"])
            chosen = given["confirmation"]["option"] if given["confirmation"] else ""
            option = leading[0] if len(leading) == 1 else chosen if chosen in leading else ""
        self.same(f"{name} people", option, given["option"])
        return option

    def stage(self, answers: dict[str, str]) -> str | None:
        rules, said = self.method["stage"], self.diagnosis["verdict"]["stage"]
        weights = dict.fromkeys(rules["order"], Fraction(0))
        total = Fraction(0)
        for name in self.asked("stage"):
            question = self.method["questions"][name]
            total += Fraction(question["weight"])
            if name in answers:
                weights[question["options"][answers[name]]["stage"]] += Fraction(question["weight"])
        answered = sum(weights.values(), Fraction(0))
        shares = {key: weight / (answered or 1) for key, weight in weights.items()}
        for key, share in shares.items():
            self.same(f"share of {key}", shown(share), said["shares"][key])
        self.same("answered weight", answered, Fraction(said["answered_weight"]))
        self.same("total weight", total, Fraction(said["total_weight"]))
        current = second = confidence = None
        hybrid = False
        if answered >= Fraction(rules["enough"]) * total:
            first, next_one = sorted(shares, key=lambda key: -shares[key])[:2]
            hybrid = shares[next_one] >= Fraction(rules["hybrid_from"]) or shares[first] == shares[next_one]
            current, second = first, next_one if shares[next_one] else None
            confidence = shown(shares[first] - shares[next_one])
        self.same("current stage", current, said["current"])
        self.same("runner-up", second, said["second"])
        self.same("hybrid", hybrid, said["is_hybrid"])
        self.same("confidence", confidence, said["confidence"])
        return current

    def leading(self, answers: dict[str, str], stage: str) -> tuple[dict[str, int], list[str], int, int]:
        rules = self.method["subtype"]
        points = dict.fromkeys(rules["order"][stage], 0)
        asked = [name for name in self.asked("subtype") if self.method["questions"][name]["applies"] == stage]
        answered = [name for name in asked if name in answers]
        for name in answered:
            for subtype, count in self.method["questions"][name]["options"][answers[name]]["points"].items():
                points[subtype] += count
        ranked = sorted(points, key=lambda key: -points[key])
        if len(ranked) == 1:
            leading = ranked
        elif not answered:
            leading = []
        else:
            close = points[ranked[0]] - points[ranked[1]] <= rules["either_within"]
            leading = ranked[:2] if close else ranked[:1]
        return points, leading, len(answered), len(asked)

    def subtype(self, answers: dict[str, str], current: str | None) -> None:
        said = self.diagnosis["verdict"]["subtype"]
        if current is None:
            self.same("no sub-type", None, said)
            return
        points, leading, answered, asked = self.leading(answers, current)
        self.same("points", points, said["points"])
        self.same("sub-types", leading, said["leading"])
        self.same("either", len(leading) > 1, said["is_either"])
        self.same("questions of B", (answered, asked), (said["answered"], said["asked"]))

    def fit(self, answers: dict[str, str], current: str | None) -> None:
        rules, said = self.method["fit"], self.diagnosis["verdict"]["fit"]
        stage: str | None = rules["otherwise"]
        subtypes: list[str] | None = None
        missing: list[str] = []
        for step in rules["steps"]:
            told = {name: answers[name] in keys if name in answers else None for name, keys in step["options"].items()}
            values = list(told.values())
            holds = any(values) if step["is_any"] else all(values)
            open_still = None in values and (not holds if step["is_any"] else False not in values)
            if open_still:
                stage, subtypes, missing = None, [], [name for name, value in told.items() if value is None]
                break
            if holds:
                stage, subtypes = step["stage"], [step["subtype"]]
                break
        if subtypes is None and stage is not None:
            subtypes = self.leading(answers, stage)[1]
        order = self.method["stage"]["order"]
        gap = order.index(stage) - order.index(current) if stage and current else None
        self.same("fitting stage", stage, said["stage"])
        self.same("fitting sub-types", subtypes, said["subtypes"])
        self.same("open for the fit", missing, said["missing"])
        self.same("gap", gap, said["gap"])
        self.same("skip", gap is not None and abs(gap) >= rules["skip_from"], said["needs_confirmation"])

    def challenges(self, answers: dict[str, str]) -> None:
        rules = self.method["challenges"]
        said = {row["challenge"]: row for row in self.diagnosis["verdict"]["challenges"]}
        self.same("challenges", rules["order"], list(said))
        for challenge in rules["order"]:
            asked = [
                name for name in self.asked("challenges") if self.method["questions"][name]["challenge"] == challenge
            ]
            mean, answered = mean_of(answers, asked)
            severity = None
            if mean is not None:
                severity = next((word for least, word in rules["severities"] if mean >= least), rules["below"])
            row = said[challenge]
            self.same(f"{challenge} mean", shown(mean), row["mean"])
            self.same(f"{challenge} severity", severity, row["severity"])
            self.same(f"{challenge} answered", (answered, len(asked)), (row["answered"], row["asked"]))

    def maturity(self, answers: dict[str, str]) -> None:
        said, levels = self.diagnosis["verdict"]["maturity"], self.method["maturity"]["levels"]
        asked = self.asked("maturity")
        mean, answered = mean_of(answers, asked)
        index, level = None, ""
        if mean is not None:
            index = mean / self.method["questions"][asked[0]]["scale"]["max"] * 100
            level = levels[-1]["id"]
            if index < Fraction(levels[0]["to"]):
                level = levels[0]["id"]
            else:
                level = next((each["id"] for each in levels[1:-1] if index <= Fraction(each["to"])), level)
        self.same("maturity", shown(index), said["index"])
        self.same("level", level, said["level"])
        self.same("questions of E", (answered, len(asked)), (said["answered"], said["asked"]))

    def asked(self, section: str) -> list[str]:
        return list(self.method["sections"][section]["questions"])


def by_number(question: Json, value: Fraction) -> str:
    """Choose by the two cuts, or divide and clip to the scale; the latter as a plain decimal."""
    auto = question["auto"]
    if auto["divisor"] is not None:
        scale = question["scale"]
        part = min(max(value / Fraction(auto["divisor"]), Fraction(scale["min"])), Fraction(scale["max"]))
        return f"{(Decimal(part.numerator) / Decimal(part.denominator)).normalize():f}"
    first, middle, last = question["options"]
    one, two = (Fraction(cut) for cut in auto["cuts"])
    if auto["descending"]:
        return first if value >= one else last if value < two else middle
    return first if value < one else last if value > two else middle


def mean_of(answers: dict[str, str], asked: list[str]) -> tuple[Fraction | None, int]:
    given = [Fraction(answers[name]) for name in asked if name in answers]
    return (sum(given, Fraction(0)) / len(given) if given else None), len(given)


def shown(value: Fraction | None) -> str | None:
    """Write a fraction with three places, half up."""
    if value is None:
        return None
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return str(exact.quantize(Decimal("0.001"), rounding=ROUND_HALF_UP))


def recompute(method: Json, diagnosis: Json) -> Blind:
    """Work a diagnosis out again and compare every point."""
    blind = Blind(method, diagnosis)
    blind.check()
    return blind


def main(paths: list[str]) -> int:
    method, *diagnoses = (json.loads(Path(path).read_text(encoding="utf-8")) for path in paths)
    results = [recompute(method, diagnosis) for diagnosis in diagnoses]
    for result in results:
        for line in result.differences:
            print(line)
    print(f"{sum(result.compared for result in results)} points compared in {len(results)} diagnoses")
    return 1 if any(result.differences for result in results) else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
