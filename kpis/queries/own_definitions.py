"""The workspace's definitions as pages show them: drafts, what counts since when, revisions, updates of the library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from kpis.choices import DefinitionState, DefinitionSubject, KpiUnitName
from kpis.engine.specs import KpiSpec
from kpis.library import library_extras, load_library
from kpis.library.content import Node, node_of
from kpis.library.entry import Surroundings
from kpis.library.merging import FieldChange, own_changes, upstream_changes
from kpis.library.params import PARAMS, ParamSpec
from kpis.models import Definition
from kpis.queries.definitions import Revision, applied, broken_definitions, every_kpi, library_at
from omnichannel.core.text import Bilingual
from omnichannel.workspaces.queries.zones import current_day

KPI, PARAMETER = DefinitionSubject.KPI, DefinitionSubject.PARAMETER
COUNTED_STATES = (DefinitionState.PUBLISHED, DefinitionState.RETIRED)


@dataclass(frozen=True, slots=True)
class OwnDefinition:
    """One KPI or parameter that the workspace defines, however far it has come.

    `counting` is what counts today, `draft` what is being written, `planned` what is published for a day to come.
    `updates` are changes of the library since, `broken` why the present library cannot compute it.
    """

    key: str
    names: Bilingual
    is_own: bool
    draft: Definition | None
    counting: Revision | None
    planned: Definition | None
    retired_on: date | None
    updates: tuple[FieldChange, ...]
    broken: str
    newest: Definition

    @property
    def order(self) -> tuple[bool, bool, int]:
        """Drafts first, then what needs a look, then the newest."""
        return self.draft is None, not (self.updates or self.broken), -self.newest.pk


def own_kpis() -> list[OwnDefinition]:
    """Return the workspace's KPIs and the library KPIs it overrides; drafts first, discarded beginnings left out."""
    rows = _by_key(KPI)
    counting, broken = applied(KPI), broken_definitions()
    names = {key: spec.names for key, spec in every_kpi().items()}
    found = [
        _own(key, revisions, names=names, counting=counting.get(key), broken=broken.get(key, ""))
        for key, revisions in rows.items()
    ]
    return sorted((each for each in found if each.draft or _ever_counted(rows[each.key])), key=lambda each: each.order)


def own_kpi(key: str) -> OwnDefinition | None:
    """Return what the workspace has made of a KPI; None when it has nothing of its own."""
    revisions = list(Definition.objects.filter(subject=KPI, key=key).select_related("created_by"))
    if not revisions:
        return None
    names = {each: spec.names for each, spec in every_kpi().items()}
    return _own(key, revisions, names=names, counting=applied(KPI).get(key), broken=broken_definitions().get(key, ""))


def _by_key(subject: DefinitionSubject) -> dict[str, list[Definition]]:
    found: dict[str, list[Definition]] = {}
    for row in Definition.objects.filter(subject=subject).select_related("created_by"):
        found.setdefault(row.key, []).append(row)
    return found


def _ever_counted(revisions: Sequence[Definition]) -> bool:
    return any(row.state in COUNTED_STATES for row in revisions)


def _own(
    key: str, revisions: Sequence[Definition], *, names: Mapping[str, Bilingual], counting: Revision | None, broken: str
) -> OwnDefinition:
    """Put together what a key's revisions, the newest first, say."""
    newest, today = revisions[0], current_day()
    draft = newest if newest.state == DefinitionState.DRAFT else None
    planned = [
        row for row in revisions if row.state in COUNTED_STATES and row.effective_from and row.effective_from > today
    ]
    past = [
        row for row in revisions if row.state in COUNTED_STATES and row.effective_from and row.effective_from <= today
    ]
    last = max(past, key=lambda row: (row.effective_from or today, row.pk), default=None)
    theirs = load_library().kpis.get(key)
    shown = draft or next((row for row in revisions if row.state in COUNTED_STATES), newest)
    written = shown.content.get("names") if draft else None
    return OwnDefinition(
        key=key,
        names=_names(written) or names.get(key) or Bilingual(key, key),
        is_own=theirs is None,
        draft=draft,
        counting=counting,
        planned=min(planned, key=lambda row: (row.effective_from or today, row.pk), default=None),
        retired_on=last.effective_from if last is not None and last.state == DefinitionState.RETIRED else None,
        updates=_updates(shown, theirs) if draft or counting else (),
        broken=broken,
        newest=newest,
    )


def _names(written: object) -> Bilingual | None:
    if not isinstance(written, Mapping):
        return None
    zh, en = str(written.get("zh") or ""), str(written.get("en") or "")
    return Bilingual(zh or en, en or zh) if zh or en else None


def _updates(row: Definition, theirs: KpiSpec | None) -> tuple[FieldChange, ...]:
    if theirs is None or not row.base:
        return ()
    return upstream_changes(row.base, row.content, node_of(theirs))


def differences(content: Node, key: str) -> tuple[FieldChange, ...]:
    """Return in which fields a definition differs from the library's as it is now; nothing for an own KPI."""
    theirs = load_library().kpis.get(key)
    return own_changes(node_of(theirs), content) if theirs is not None else ()


def newest_of(subject: DefinitionSubject, key: str) -> Definition | None:
    """Return the newest revision of a key."""
    return Definition.objects.filter(subject=subject, key=key).select_related("created_by").first()


def history_of(subject: DefinitionSubject, key: str, *, limit: int = 50) -> list[Definition]:
    """Return a key's revisions, newest first."""
    return list(Definition.objects.filter(subject=subject, key=key).select_related("created_by")[:limit])


def changes_log(*, limit: int = 30) -> list[Definition]:
    """Return what was published or retired last, of KPIs and parameters alike."""
    rows = Definition.objects.filter(state__in=COUNTED_STATES).select_related("created_by")
    return list(rows[:limit])


def surroundings_of(key: str = "") -> Surroundings:
    """Return what an entry is checked against: that of a KPI (`key`), or of one that is new."""
    library = library_at()
    taken = () if key else {*every_kpi(), *Definition.objects.filter(subject=KPI).values_list("key", flat=True)}
    inherited = load_library().kpis.get(key) if key else None
    groups = tuple(library_extras().shared_groups)
    return Surroundings(library, KpiUnitName.values, groups, taken=frozenset(taken), inherited=inherited)


def entry_of(key: str) -> Node | None:
    """Return the text to begin with: the draft, else what counts or counted last, else the library's."""
    rows = Definition.objects.filter(subject=KPI, key=key).exclude(state=DefinitionState.DISCARDED)
    row = rows.first()
    if row is not None and row.state != DefinitionState.RETIRED:
        return dict(row.content)
    spec = load_library().kpis.get(key)
    if spec is not None:
        return node_of(spec)
    return dict(row.content) if row is not None else None


@dataclass(frozen=True, slots=True)
class ParameterLine:
    """One parameter: the library's value, what counts today and since when, and what is being changed."""

    spec: ParamSpec
    library: int | str
    value: int | str
    counting: Revision | None
    draft: Definition | None
    planned: Definition | None
    seen: int
    library_was: str
    choices: tuple[tuple[str, Bilingual], ...]

    @property
    def draft_value(self) -> str:
        """The value being tried, or nothing."""
        return str(self.draft.content["value"]) if self.draft else ""

    @property
    def library_moved(self) -> bool:
        """True when the library's value has changed since the workspace chose its own."""
        return bool(self.library_was) and self.library_was != str(self.library)

    def told(self, value: int | str) -> Bilingual:
        """Return a value in words; a number stands for itself."""
        return dict(self.choices).get(str(value)) or Bilingual(str(value), str(value))


def parameters() -> list[ParameterLine]:
    """Return all parameters in the library's order."""
    rows, counting = _by_key(PARAMETER), applied(PARAMETER)
    return [_parameter(spec, rows.get(name, []), counting.get(name)) for name, spec in PARAMS.items()]


def parameter(name: str) -> ParameterLine:
    """Return one parameter; KeyError for an unknown one."""
    rows = list(Definition.objects.filter(subject=PARAMETER, key=name).select_related("created_by"))
    return _parameter(PARAMS[name], rows, applied(PARAMETER).get(name))


def _parameter(spec: ParamSpec, revisions: Sequence[Definition], counting: Revision | None) -> ParameterLine:
    newest, today = next(iter(revisions), None), current_day()
    draft = newest if newest is not None and newest.state == DefinitionState.DRAFT else None
    later = [row for row in revisions if row.effective_from is not None and row.effective_from > today]
    models = library_extras().attribution_models
    base = next((row.base for row in revisions if counting is not None and row.pk == counting.pk), None)
    return ParameterLine(
        spec=spec,
        library=getattr(load_library().params, spec.name),
        value=getattr(library_at().params, spec.name),
        counting=counting,
        draft=draft,
        planned=min(later, key=lambda row: (row.effective_from or today, row.pk), default=None),
        seen=newest.pk if newest is not None else 0,
        library_was=str(base["value"]) if base else "",
        choices=tuple((key, models[key].names) for key in spec.choices if key in models),
    )
