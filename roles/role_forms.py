"""The form of a role's texts: both languages side by side, lists as rows, KPIs by choice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from roles.catalogue import ExpectationLevel, RoleKind, load_roles
from roles.choices import SUBTYPE_NAMES
from roles.queries.known_kpis import known_kpis
from roles.queries.library import role_library, role_options
from roles.role_merge import LANGUAGES
from roles.role_words import KINDS, TONGUES

Issue = tuple[str, str, str]

NOTE = 400
TEXTS = ("names", "definition")
ITEMS = ("duties", "abilities")


@dataclass(frozen=True, slots=True)
class KpiBox:
    """A KPI to tick. `find` is what a search finds it by: both names and the id, in small letters."""

    widget: Any
    key: str
    find: str


@dataclass(frozen=True, slots=True)
class KpiGroup:
    """KPIs that stand together in the form: those that are chosen, or those of a role."""

    title: Any
    boxes: tuple[KpiBox, ...]
    is_chosen: bool = False


class PairsInput(forms.Widget):
    """Rows of a text in both languages, drawn by `roles/library/_pairs.html`; a row that is emptied goes."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[dict[str, str]]:
        """Read the rows that say anything."""
        columns = {
            code: data.getlist(f"{name}-{code}") if isinstance(data, MultiValueDict) else [] for code in LANGUAGES
        }
        pairs = [{"zh": zh.strip(), "en": en.strip()} for zh, en in zip(columns["zh"], columns["en"], strict=False)]
        return [pair for pair in pairs if pair["zh"] or pair["en"]]


class PairsField(forms.Field):
    """A list of texts in both languages; what is wrong with it the service says."""

    widget = PairsInput


class LinksInput(forms.Widget):
    """Rows of a link: its way, the role at the other end, what is handed over; a row without the last two goes."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[dict[str, Any]]:
        """Read the rows that say anything."""
        parts = ("way", "role", *LANGUAGES)
        columns = [data.getlist(f"{name}-{part}") if isinstance(data, MultiValueDict) else [] for part in parts]
        rows = [[cell.strip() for cell in row] for row in zip(*columns, strict=False)]
        return [
            {"way": way, "role": role, "what": {"zh": zh, "en": en}} for way, role, zh, en in rows if role + zh + en
        ]


class LinksField(forms.Field):
    """What a role receives and hands on; what is wrong with it the service says."""

    widget = LinksInput


def _area(label: Any, *, rows: int, help_text: Any = "", required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label, required=required, help_text=help_text, widget=forms.Textarea(attrs={"rows": rows})
    )


class RoleForm(forms.Form):
    """The texts of a role. `content` gives them as the services take them."""

    names_zh = forms.CharField(label=_("Name in Chinese"), max_length=80)
    names_en = forms.CharField(label=_("Name in English"), max_length=80)
    position = forms.ChoiceField(label=_("Place in the map"))
    definition_zh = _area(_("Definition in Chinese"), rows=3)
    definition_en = _area(_("Definition in English"), rows=3)
    duties = PairsField(label=_("Duties"), help_text=_("A row that you empty goes."), required=False)
    abilities = PairsField(label=_("Abilities"), help_text=_("A row that you empty goes."), required=False)
    aliases_zh = _area(_("Job titles in Chinese"), rows=4, help_text=_("One a line."), required=False)
    aliases_en = _area(_("Job titles in English"), rows=4, help_text=_("One a line."), required=False)
    kpis = forms.MultipleChoiceField(label=_("KPIs"), required=False, widget=forms.CheckboxSelectMultiple)
    note = forms.CharField(label=_("Why"), required=False, max_length=NOTE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language()
        places = load_roles().positions.values()
        self._offer("position", [(each.id, each.names.in_language(language)) for each in places])
        self._known = known_kpis()
        self._offer("kpis", [(key, kpi.names.in_language(language)) for key, kpi in self._known.items()])

    def _offer(self, name: str, options: Sequence[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells the type checker what stands above
        field.choices = list(options)

    @property
    def kpi_groups(self) -> tuple[KpiGroup, ...]:
        """Return the KPIs to choose from: those chosen, then the others by the first role that carries them."""
        roles = {role.key.value: role.names.in_language(get_language()) for role in role_library().roles.values()}
        chosen: list[KpiBox] = []
        others: dict[str, list[KpiBox]] = {key: [] for key in (*roles, "")}
        for widget in self["kpis"]:
            key = str(widget.data["value"])
            names, role = self._known[key].names, self._known[key].role
            box = KpiBox(widget, key, f"{names.zh} {names.en} {key}".lower())
            (chosen if widget.data["selected"] else others[role if role in roles else ""]).append(box)
        groups = [
            KpiGroup(roles.get(key) or _("Whole company"), tuple(boxes)) for key, boxes in others.items() if boxes
        ]
        return (KpiGroup(_("Chosen"), tuple(chosen), is_chosen=True), *groups)

    @property
    def content(self) -> dict[str, Any]:
        """Return the fields of the role as they were typed; what could not be read is empty."""
        typed = self.cleaned_data
        texts = {field: {code: typed.get(f"{field}_{code}", "") for code in LANGUAGES} for field in TEXTS}
        titles = {code: typed.get(f"aliases_{code}", "").splitlines() for code in LANGUAGES}
        items = {field: typed.get(field, []) for field in ITEMS}
        return {**texts, **items, "aliases": titles, "position": typed.get("position", ""), "kpis": self._kpis()}

    def _kpis(self) -> list[str]:
        """Return the KPIs in the order they had; new ones stand last."""
        ticked = self.cleaned_data.get("kpis", [])
        had = [kpi for kpi in self.initial.get("kpis") or [] if kpi in ticked]
        return [*had, *(kpi for kpi in ticked if kpi not in had)]

    def tell(self, issues: Iterable[Issue]) -> None:
        """Show what the service refuses at the fields; one that could not even be read has been told so."""
        told = set(self.errors)
        for path, _code, message in issues:
            field, _dot, rest = path.partition(".")
            number, _dot, code = rest.rpartition(".")
            number = number.partition(".")[0]
            if field in (*ITEMS, "links") and number.isdecimal():
                message = " · ".join(filter(None, [str(int(number) + 1), TONGUES.get(code, "")])) + f": {message}"
            name = f"{field}_{rest}" if f"{field}_{rest}" in self.fields else field
            if name not in told:
                self.add_error(name if name in self.fields else None, message)


class OwnRoleForm(RoleForm):
    """The texts of a role that the workspace adds: also its kind, its links and who is to have it."""

    links = LinksField(label=_("Receives and hands on"), help_text=_("A row that you empty goes."), required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=[(key.value, word) for key, word in KINDS.items()])
    field_order = ("names_zh", "names_en", "kind", "position")

    def __init__(self, *args: Any, own_key: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        levels = load_roles().expectation_levels
        options = [(key.value, level.names.in_language(get_language())) for key, level in levels.items()]
        for subtype, name in SUBTYPE_NAMES.items():
            self.fields[f"expected_{subtype.value}"] = forms.ChoiceField(
                label=name, choices=options, initial=ExpectationLevel.OPTIONAL.value
            )
        self.initial.setdefault("kind", RoleKind.COLLABORATING.value)
        self.ways = [("in", _("receives from")), ("out", _("hands on to"))]
        self.ends = [each for each in role_options() if each[0] != own_key]

    @property
    def expected_fields(self) -> list[forms.BoundField]:
        """Return the fields that say what each sub-type expects."""
        return [self[name] for name in self.fields if name.startswith("expected_")]

    @property
    def content(self) -> dict[str, Any]:
        """Return the fields of the role as they were typed."""
        typed = self.cleaned_data
        levels = {subtype.value: typed.get(f"expected_{subtype.value}") for subtype in SUBTYPE_NAMES}
        expected = {subtype: level for subtype, level in levels.items() if level}
        own = {"kind": typed.get("kind", ""), "links": typed.get("links", [])}
        return {**super().content, **own, "expectations": expected}


def initial_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a form shows of a role's content."""
    shown: dict[str, Any] = {field: content[field] for field in (*ITEMS, "position", "kpis")}
    for code in LANGUAGES:
        shown |= {f"{field}_{code}": content[field][code] for field in TEXTS}
        shown[f"aliases_{code}"] = "\n".join(content["aliases"][code])
    if "kind" in content:
        shown |= {"kind": content["kind"], "links": content["links"]}
        shown |= {f"expected_{key}": level for key, level in content["expectations"].items()}
    return shown
