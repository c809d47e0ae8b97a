"""The KPI editor's form: the entry of a definition as fields, and back. It shows; the check of the entry judges."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kpis.choices import KpiKindName, KpiLayerName, KpiUnitName
from kpis.library import library_extras
from kpis.library.content import tidy
from kpis.library.entrytests import NO_DATA
from omnichannel.core.periods import Grain
from roles.queries.library import library_role_options

GIVES, PARTS = "=>", ";"
DIRECTIONS = (("up", _("More is better")), ("down", _("Less is better")))
GRAINS = {
    Grain.WEEK: _("Weekly"),
    Grain.MONTH: _("Monthly"),
    Grain.QUARTER: _("Quarterly"),
    Grain.YEAR: _("Yearly"),
}


class EntryForm(forms.Form):
    """A KPI's entry. It is only shown: a half-written one can be kept, and the check tells what is missing."""

    use_required_attribute = False

    id = forms.CharField(label=_("Id"))
    name_zh = forms.CharField(label=_("Name (Chinese)"))
    name_en = forms.CharField(label=_("Name (English)"))
    definition_zh = forms.CharField(label=_("What it says (Chinese)"), widget=forms.Textarea(attrs={"rows": 2}))
    definition_en = forms.CharField(label=_("What it says (English)"), widget=forms.Textarea(attrs={"rows": 2}))
    formula = forms.CharField(
        label=_("Formula"),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocapitalize": "off", "data-formula": ""}),
    )
    unit = forms.ChoiceField(label=_("Unit of measure"))
    direction = forms.ChoiceField(label=_("Better"))
    band_low = forms.CharField(label=_("Target range from"), required=False)
    band_high = forms.CharField(label=_("Target range to"), required=False)
    kind = forms.ChoiceField(label=_("Kind"))
    layer = forms.ChoiceField(label=_("Layer"))
    grain = forms.ChoiceField(label=_("Rhythm"))
    roles = forms.MultipleChoiceField(label=_("Roles"), required=False, widget=forms.CheckboxSelectMultiple)
    company = forms.BooleanField(label=_("A figure of the whole company"), required=False)
    any_role = forms.BooleanField(label=_("Fits any role"), required=False)
    shared_group = forms.ChoiceField(label=_("Counts once in"), required=False)
    source = forms.CharField(label=_("Source"), required=False)
    tests = forms.CharField(
        label=_("Tests"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_("One a line: measure = number; measure = number => result, or => no_data"),
    )

    def __init__(self, node: Mapping[str, Any], *, fixed_id: bool) -> None:
        super().__init__(initial=fields_of(node), auto_id="entry-%s")
        language = get_language()
        roles = library_role_options(*node.get("roles", ()))
        groups = [(group.id, group.names.in_language(language)) for group in library_extras().shared_groups.values()]
        self._offer("kind", KpiKindName.choices)
        self._offer("layer", KpiLayerName.choices)
        self._offer("unit", KpiUnitName.choices)
        self._offer("direction", DIRECTIONS)
        self._offer("grain", [(grain.value, label) for grain, label in GRAINS.items()])
        self._offer("shared_group", groups)
        self._offer("roles", roles, empty=False)
        if fixed_id:
            self.fields["id"].widget.attrs["readonly"] = True

    def _offer(self, name: str, choices: Sequence[tuple[Any, Any]], *, empty: bool = True) -> None:
        """Offer the choices, and what is written although it is none of them: the check says so."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells the type checker what stands above
        written = self.initial.get(name)
        known = {key for key, _label in choices}
        odd = [
            (each, each) for each in (written if isinstance(written, list) else [written]) if each and each not in known
        ]
        field.choices = [*([("", "–")] if empty else []), *choices, *odd]


def fields_of(node: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry as the form's values, whatever is wrong in it."""
    names, says, band = node.get("names"), node.get("definition"), node.get("target_band")
    roles = node.get("roles")
    low, high = band if isinstance(band, list | tuple) and len(band) == 2 else ("", "")
    plain = ("id", "formula", "unit", "direction", "kind", "layer", "grain", "shared_group", "source")
    return {
        **{name: _text(node.get(name)) for name in plain},
        **{f"name_{code}": _text(names.get(code) if isinstance(names, Mapping) else "") for code in ("zh", "en")},
        **{f"definition_{code}": _text(says.get(code) if isinstance(says, Mapping) else "") for code in ("zh", "en")},
        "band_low": _text(low),
        "band_high": _text(high),
        "roles": [str(role) for role in roles] if isinstance(roles, list | tuple) else [],
        "company": node.get("company") is True,
        "any_role": node.get("any_role") is True,
        "tests": "\n".join(_lines(node.get("tests"))),
    }


def node_of_form(data: QueryDict) -> dict[str, Any]:
    """Return what the form's fields say, as an entry."""
    low, high = data.get("band_low", "").strip(), data.get("band_high", "").strip()
    plain = ("id", "kind", "layer", "unit", "direction", "grain", "formula", "shared_group", "source")
    return tidy(
        {
            **{name: _line(data.get(name, "")) for name in plain},
            "names": _both(data, "name"),
            "definition": _both(data, "definition"),
            "target_band": [low, high] if low or high else [],
            "roles": data.getlist("roles"),
            "company": "company" in data,
            "any_role": "any_role" in data,
            "tests": [_test(line) for line in data.get("tests", "").splitlines() if line.strip()],
        }
    )


def digest(value: object) -> str:
    """Return what tells whether a pane was edited since it was shown; line ends do not count."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return hashlib.sha256("\n".join(text.split("\r\n")).strip().encode("utf-8", "ignore")).hexdigest()[:16]


def _both(data: QueryDict, name: str) -> dict[str, str]:
    found = {code: _line(data.get(f"{name}_{code}", "")) for code in ("zh", "en")}
    return {code: text for code, text in found.items() if text}


def _line(text: str) -> str:
    return " ".join(text.split())


def _text(value: object) -> str:
    return "" if value is None or isinstance(value, dict | list | tuple) else str(value)


def _lines(tests: object) -> Iterator[str]:
    for test in tests if isinstance(tests, list | tuple) else ():
        if isinstance(test, Mapping) and isinstance(test.get("given"), Mapping):
            given = f"{PARTS} ".join(f"{name} = {value}" for name, value in test["given"].items())
            yield f"{given} {GIVES} {test.get('expect', '')}".strip()


def _test(line: str) -> dict[str, Any]:
    """Read a line such as `net_sales = 100; buyers = 4 => 25`; what does not fit stays visible as a problem."""
    given, _gives, expect = line.partition(GIVES)
    parts = [part.rpartition("=") for part in given.split(PARTS) if part.strip()]
    expected = expect.strip()
    return {
        "given": {name.strip(): value.strip() for name, _sign, value in parts},
        "expect": NO_DATA if expected.lower() == NO_DATA else expected,
    }
