"""The forms of competence. They check shape; services check rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from omnichannel.core.dayfields import DayField
from omnichannel.core.toldforms import ToldForm
from roles.catalogue.competence import HIGHEST
from roles.queries.library import role_library
from talent.people.gaps import Ability
from talent.services.rating import MOST_NOTE, MOST_REMARK, Sheet


def job_levels() -> list[tuple[str, str]]:
    """Return the job levels with their names in the reader's language."""
    levels = role_library().catalogue.jd.levels.values()
    return [(level.id, level.names.in_language(get_language())) for level in levels]


class RatingForm(ToldForm):
    """A level and a remark for each ability; `level-<ability>` and `remark-<ability>`."""

    job_level = forms.ChoiceField(label=_("Job level"), help_text=_("What is needed depends on it."))
    rated_on = DayField(label=_("Rated on"))

    def __init__(self, *args: Any, model: Sequence[Ability], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.model = model
        field = self.fields["job_level"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells the type checker what stands above
        field.choices = job_levels()
        levels = [(str(level), str(level)) for level in range(HIGHEST + 1)]
        for each in model:
            name = each.names.in_language(get_language())
            self.fields[f"level-{each.key}"] = forms.ChoiceField(
                label=name,
                choices=levels,
                required=False,
                error_messages={"invalid_choice": _("Choose a level from 0 to 3.")},
            )
            self.fields[f"remark-{each.key}"] = forms.CharField(
                label=_("What shows it"), required=False, max_length=MOST_REMARK
            )

    @property
    def sheet(self) -> Sheet:
        """Return what was filled in, as the service takes it."""
        data = self.cleaned_data
        return Sheet(
            job_level=data["job_level"],
            rated_on=data["rated_on"],
            levels={each.key: _level(data[f"level-{each.key}"]) for each in self.model},
            remarks={each.key: data[f"remark-{each.key}"] for each in self.model},
        )


class NeededForm(forms.Form):
    """Which level each ability needs per job level, from when on and why."""

    since = DayField(label=_("Holds from"))
    note = forms.CharField(label=_("Why"), required=False, max_length=MOST_NOTE)

    def __init__(self, *args: Any, model: Sequence[Ability], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.model = model
        levels = [(str(level), str(level)) for level in range(HIGHEST + 1)]
        for each in model:
            for job_level, needed in each.needed.items():
                self.fields[needed_field(each.key, job_level)] = forms.ChoiceField(
                    choices=[*levels, ("", _("as in the library"))], required=False, initial=str(needed)
                )

    @property
    def needed(self) -> dict[tuple[str, str], int | None]:
        """Return the levels by (ability, job level); None goes back to the library's."""
        return {
            (each.key, job_level): _level(self.cleaned_data[needed_field(each.key, job_level)])
            for each in self.model
            for job_level in each.needed
        }


def needed_field(ability: str, job_level: str) -> str:
    """Return what the field of a needed level is called."""
    return f"need-{ability}-{job_level}"


def _level(text: str) -> int | None:
    return int(text) if text else None
