"""The form in which the nine sections of a job description are written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from talent.paper.blocks import Block
from talent.paper.reading import read_blocks
from talent.queries.job_descriptions_kept import Described, KeptSection

ROWS, MOST_ROWS = 5, 24


@dataclass(frozen=True, slots=True)
class EditedSection:
    """A section in the form: what is typed, what is wrong with it, and how it would look."""

    kept: KeptSection
    text: str
    error: str
    is_open: bool
    is_reviewed: bool
    preview: tuple[Block, ...]

    @property
    def rows(self) -> int:
        """Return how many lines the field shows."""
        return max(ROWS, min(MOST_ROWS, self.text.count("\n") + 2 + len(self.text) // 120))

    @property
    def is_fresh(self) -> bool:
        """Tell whether the text is the one generated now."""
        return self.text == self.kept.fresh


class NoteForm(forms.Form):
    """What is kept beside the texts, and which version they were made from."""

    note = forms.CharField(label=_("Note on this version"), max_length=300, required=False)
    read = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


def edited(
    found: Described,
    data: QueryDict | None,
    *,
    errors: Mapping[str, str] | None = None,
    opened: Iterable[str] = (),
    refreshed: str = "",
    with_preview: bool = False,
) -> list[EditedSection]:
    """Return the sections as the form shows them; `refreshed` names the one that takes the text generated now."""
    wrong, lines = errors or {}, []
    reviewed = set(data.getlist("reviewed")) if data is not None else set()
    for one in found.sections:
        text = typed(data, one.id) if data is not None and one.id in data else one.text
        if one.id == refreshed:
            text = one.fresh
        lines.append(
            EditedSection(
                kept=one,
                text=text,
                error=wrong.get(one.id, ""),
                is_open=one.id in {*opened, refreshed} or one.id in wrong or (data is not None and text != one.text),
                is_reviewed=one.id in reviewed,
                preview=read_blocks(text) if with_preview else (),
            )
        )
    return lines


def typed(data: QueryDict, name: str) -> str:
    """Return what was typed, with the line ends of Markdown."""
    return (data.get(name) or "").replace("\r\n", "\n").replace("\x00", "")


def sections_said(found: Described, data: QueryDict) -> dict[str, Any]:
    """Return the texts that were sent, by section."""
    return {one.id: typed(data, one.id) for one in found.sections if one.id in data}
