"""A reading as its page shows it: counts by part, who leaves, what was odd, what to do next."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from roles.choices import Thing
from roles.directory_choices import UNDER_WAY, RunState
from roles.directory_words import confirm_words, fault_of, fault_words, note_words
from roles.models import DirectoryRun
from roles.queries.directories import state_of

TONES = {
    RunState.WRITTEN: "good",
    RunState.PREVIEWED: "accent",
    RunState.TO_CONFIRM: "warn",
    RunState.REFUSED: "bad",
    RunState.FAILED: "bad",
}
# in the order in which a reader wants to know
LISTS = (("people", "ended"), ("people", "created"), ("people", "moved"), ("units", "ended"), ("units", "created"),
         ("units", "moved"), ("people", "changed"), ("units", "changed"))  # fmt: skip


def described(run: DirectoryRun) -> dict[str, Any]:
    """Return everything the page needs."""
    state = state_of(run)
    summary = run.summary
    fault = fault_of(run.fault)
    return {
        "run": run,
        "state": state,
        "tone": TONES.get(state, ""),
        "busy": state in UNDER_WAY,
        "fault": fault_words(fault) if fault else (run.job.detail if run.job and state is RunState.FAILED else ""),
        "counts": _counts(summary),
        "lists": _lists(summary),
        "notes": _notes(summary),
        "words": confirm_words(summary.get("confirm", "")),
        "is_same": bool(summary) and not summary.get("issues") and not _differs(summary),
        "may_write": state in (RunState.PREVIEWED, RunState.TO_CONFIRM),
    }


def line_of(run: DirectoryRun) -> dict[str, Any]:
    """Return a reading as a line of the log; what was not counted is None."""
    counts = run.summary.get("parts", {}).get("people", {}).get("counts", {})
    return {"run": run, "state": state_of(run), **{name: counts.get(name) for name in ("created", "moved", "ended")}}


def _counts(summary: dict[str, Any]) -> list[dict[str, Any]]:
    parts = summary.get("parts", {})
    return [{"label": thing.label, **parts[thing]["counts"]} for thing in Thing if thing in parts]


def _differs(summary: dict[str, Any]) -> bool:
    names = ("created", "changed", "moved", "ended")
    return any(part["counts"][name] for part in summary.get("parts", {}).values() for name in names)


def _lists(summary: dict[str, Any]) -> list[dict[str, Any]]:
    words = {
        ("people", "ended"): _("People who leave"),
        ("people", "created"): _("New people"),
        ("people", "moved"): _("People who move"),
        ("people", "changed"): _("People with other changes"),
        ("units", "ended"): _("Units that close"),
        ("units", "created"): _("New units"),
        ("units", "moved"): _("Units that move"),
        ("units", "changed"): _("Units with other changes"),
    }
    parts = summary.get("parts", {})
    return [
        {
            "title": words[part, name],
            "count": parts[part]["counts"][name],
            "entries": parts[part][name],
            "moves": name == "moved",
            "open": name == "ended",
        }
        for part, name in LISTS
        if part in parts and parts[part]["counts"][name]
    ]


def _notes(summary: dict[str, Any]) -> list[dict[str, Any]]:
    named: dict[str, list[list[str]]] = {}
    for code, subject, more in summary.get("notes", []):
        named.setdefault(code, []).append([subject, more])
    return [
        {"words": note_words(code), "count": count, "named": [one for one in named.get(code, []) if one[0] or one[1]]}
        for code, count in summary.get("note_counts", {}).items()
    ]
