"""The versions of a thing as rows of a table: what held when, and when that was known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy

from roles.choices import PAY
from roles.queries.naming import names_of
from roles.queries.versions import Standing, Version
from roles.state_words import field_label, references, span_text, value_text

STANDINGS = {
    Standing.PRESENT: gettext_lazy("Holds now"),
    Standing.PAST: gettext_lazy("Held earlier"),
    Standing.PLANNED: gettext_lazy("Planned"),
    Standing.SUPERSEDED: gettext_lazy("Superseded"),
}
TONES = {Standing.PRESENT: "good", Standing.PLANNED: "accent", Standing.SUPERSEDED: "warn"}


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version in words."""

    days: str
    facts: tuple[tuple[str, str], ...]
    known_from: datetime
    known_to: datetime | None
    by: str
    standing: Standing
    standing_name: str
    tone: str


def version_rows(found: Sequence[Version], *, with_pay: bool) -> list[VersionRow]:
    """Return the versions in words, in three queries at most."""
    names = names_of(references(pair for version in found for pair in version.fields.items()))
    return [
        VersionRow(
            days=span_text(version.start, version.end),
            facts=tuple(
                (field_label(name), value_text(name, value, names=names))
                for name, value in version.fields.items()
                if with_pay or name not in PAY
            ),
            known_from=version.known_from,
            known_to=version.known_to,
            by=version.by,
            standing=version.standing,
            standing_name=str(STANDINGS[version.standing]),
            tone=TONES.get(version.standing, ""),
        )
        for version in found
    ]
