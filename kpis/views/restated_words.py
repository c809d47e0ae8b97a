"""Causes of a restated card in words: the sentence a person reads, from the facts a publication keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpis.choices import CauseKind
from kpis.queries.definitions import every_kpi
from kpis.queries.restating import Cause

KPIS_NAMED = 3
UPLOADS_NAMED = 3
Words = dict[str, Any]


def cause_words(cause: Cause | Mapping[str, Any]) -> Words:
    """Return the label, the sentence and the uploads to link to; takes a cause or what is stored of one."""
    stored = cause.to_json() if isinstance(cause, Cause) else cause
    kind = CauseKind(stored["kind"])
    return {
        "kind": kind.value,
        "label": kind.label,
        "text": _sentence(kind, stored),
        "uploads": stored["uploads"][:UPLOADS_NAMED],
        "more_uploads": max(0, len(stored["uploads"]) - UPLOADS_NAMED),
    }


def _sentence(kind: CauseKind, stored: Mapping[str, Any]) -> str:
    sentence = {
        CauseKind.DATA: _("Data loaded or taken back since has changed its figures"),
        CauseKind.DEFINITION: _("A KPI or parameter has another definition now"),
        CauseKind.WEIGHTS: _("Other weights count now"),
        CauseKind.TARGETS: _("Targets have changed"),
        CauseKind.REVIEWS: _("Reviews have been added or changed"),
        CauseKind.STAGE: _("Another stage counts for the unit now, with its weights"),
        CauseKind.ORGANISATION: _("The organisation has changed: units, people or shares of time"),
        CauseKind.CALCULATION: _("It was calculated anew"),
    }[kind]
    names = _kpi_names(stored["kpis"])
    return _("%(sentence)s: %(names)s") % {"sentence": sentence, "names": names} if names else sentence


def _kpi_names(kpis: list[str]) -> str:
    known, language = every_kpi(), get_language()
    names = [known[kpi].names.in_language(language) if kpi in known else kpi for kpi in kpis]
    told = _(", ").join(names[:KPIS_NAMED])
    more = len(names) - KPIS_NAMED
    return told if more <= 0 else _("%(names)s and %(more)s more") % {"names": told, "more": more}
