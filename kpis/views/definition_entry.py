"""The editor's two panes: which of them was written in, what it says, and everything the page tells about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict

from kpis.definition_forms import EntryForm, digest, fields_of, node_of_form
from kpis.library.content import EntryError, node_of, read_entry, tidy, yaml_text
from kpis.library.problems import EntryProblem
from kpis.queries.definitions import library_at
from kpis.queries.entry_told import EntryTold, tell_entry
from kpis.queries.entry_words import ToldProblem, told
from omnichannel.core.text import Bilingual

FORM, TEXT = "form", "yaml"


@dataclass(frozen=True, slots=True)
class Written:
    """What a person has sent: the entry (None while it cannot be read), and the pane it was written in."""

    node: Mapping[str, Any] | None
    pane: str
    text: str
    problems: tuple[EntryProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class Editor:
    """Both panes and what is told beside them. `pane` was written in last and is left as it is."""

    key: str
    pane: str
    form: EntryForm
    text: str
    form_shown: str
    text_shown: str
    problems: tuple[ToldProblem, ...]
    told: EntryTold | None

    @property
    def errors(self) -> tuple[ToldProblem, ...]:
        """What keeps it from being published."""
        return tuple(problem for problem in self.problems if problem.is_error)

    @property
    def unread(self) -> bool:
        """True while the text cannot be read, so that the form shows what was there before."""
        return self.told is None


def written(data: QueryDict) -> Written:
    """Tell which pane was edited since it was shown, and read it. `source` settles it where both were."""
    form, text = node_of_form(data), data.get("yaml", "").replace("\x00", "")
    text_edited = digest(text) != data.get("text_shown", "")
    form_edited = digest(form) != data.get("form_shown", "")
    pane = data.get("source", "")
    if pane not in (FORM, TEXT):
        if text_edited and form_edited and text.strip():
            return Written(None, "", text, (EntryProblem("yaml", "both_changed"),))
        pane = TEXT if text_edited and text.strip() else FORM
    if pane == FORM:
        return Written(form, FORM, text)
    try:
        return Written(tidy(read_entry(text)), TEXT, text)
    except EntryError as error:
        facts = {"line": error.line, "column": error.column}
        return Written(None, TEXT, text, (EntryProblem("yaml", error.code, facts),))


def editor(sent: Written, *, key: str, shown: Mapping[str, Any] | None = None) -> Editor:
    """Check what was sent and lay out both panes; `shown` is the form's entry while the text cannot be read."""
    node = sent.node if sent.node is not None else (shown or {})
    found = tell_entry(node, key=key) if sent.node is not None else None
    text = sent.text if sent.pane == TEXT or sent.node is None else yaml_text(node)
    return Editor(
        key=key,
        pane=sent.pane,
        form=EntryForm(node, fixed_id=bool(key)),
        text=text,
        form_shown=digest(node_of_form(_as_posted(node))),
        text_shown=digest(text),
        problems=found.problems if found else tuple(told(each) for each in sent.problems),
        told=found,
    )


def opened(node: Mapping[str, Any], *, key: str) -> Editor:
    """Lay out both panes for an entry that nobody has touched yet; an empty one has no faults so far."""
    page = editor(Written(tidy(node), FORM, ""), key=key)
    return page if "formula" in node else replace(page, problems=())


def beginning(copied: str = "") -> dict[str, Any]:
    """Return what a new KPI begins with: a copy of another, or an empty entry with the usual choices."""
    spec = library_at().kpis.get(copied)
    if spec is None:
        return {"kind": "result", "layer": "effect", "unit": "count", "direction": "up", "grain": "month"}
    kept = {name: value for name, value in node_of(spec).items() if name not in ("names", "source")}
    return kept | {"id": f"own_{copied.removeprefix('own_')}"[:40]}


def _as_posted(node: Mapping[str, Any]) -> QueryDict:
    """Return the entry as the browser will send the untouched form back."""
    data = QueryDict(mutable=True)
    for name, value in fields_of(node).items():
        if isinstance(value, list):
            data.setlist(name, value)
        elif value is True:
            data[name] = "on"
        elif value is not False:
            data[name] = value
    return data


def measures_offered() -> list[dict[str, Any]]:
    """Return the measures by table for the list beside the formula."""
    library = library_at()
    groups: dict[str, dict[str, Any]] = {}
    for measure in library.measures.values():
        table = getattr(measure, "table", "")
        names = library.tables[table].names if table else Bilingual("按算法", "By an algorithm")
        groups.setdefault(table, {"names": names, "measures": []})["measures"].append(measure)
    return list(groups.values())
