"""A diagnosis as a document: every fact, answer and weight it rests on, and the version of the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from omnichannel.core.csvtext import csv_text
from orgstages import answers, verdicts
from orgstages.catalogue import load_stages
from orgstages.queries.diagnosis import Diagnosed

HEADER = (
    "unit", "as_of", "period", "version", "question", "section", "weight", "option", "fact_option", "value",
    "unit_of_value", "numerator", "denominator", "observed", "fact_zh", "fact_en", "people", "is_tied",
    "respondent", "answer", "overruled", "reason", "answered_on", "evidence", "evidence_url", "evidence_kpi",
)  # fmt: skip


def diagnosis_json(found: Diagnosed) -> Mapping[str, Any]:
    """Return the whole diagnosis; with the method's document of the same version it can be recomputed by anybody."""
    return {
        "unit_external_id": found.unit.external_id,
        "unit_name": found.unit.name,
        "as_of": found.as_of,
        "period": str(found.period or "") or None,
        "catalogue_version": load_stages().version,
        "verdict": verdicts.to_json(found.verdict),
        "adopted": {
            "stage": found.adopted.stage.value,
            "subtype": found.adopted.subtype.value,
            "unit_external_id": found.adopted.unit_external_id,
            "since": found.adopted.since,
        },
        "answers": answers.to_json(found.answers),
    }


def diagnosis_csv(found: Diagnosed) -> str:
    """Return one line per question and respondent; questions nobody answered have one line."""
    rows: list[Sequence[object]] = [HEADER]
    for row in answers.to_json(found.answers):
        rows += _lines(found, row)
    return csv_text(rows)


def _lines(found: Diagnosed, row: Mapping[str, Any]) -> list[list[object]]:
    fact, given = row["fact"] or {}, row["given"] or {}
    sentence = fact.get("sentence", {})
    head = [found.unit.external_id, found.as_of, found.period or "", load_stages().version]
    head += [row["question"], row["section"], row["weight"], row["option"], fact.get("option")]
    head += [fact.get(name) for name in ("value", "unit", "numerator", "denominator")]
    head.append(" ".join(f"{name}={value}" for name, value in fact.get("observed", {}).items()))
    head += [sentence.get("zh"), sentence.get("en"), given.get("option"), "yes" if given.get("is_tied") else ""]
    names = (
        "author", "option", "overruled_option", "reason", "answered_on", "evidence", "evidence_url", "evidence_kpi",
    )  # fmt: skip
    return [[*head, *(each[name] for name in names)] for each in given.get("responses", [{name: "" for name in names}])]
