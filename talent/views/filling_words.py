"""A suggestion in words: what each part of the rule saw, and the points it gave."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext_lazy
from django.utils.translation import gettext as _

from roles.choices import FillMode
from talent.people.filling import Near, Part, Suggestion

PARTS: Mapping[Part, Promise] = {
    Part.FIT: gettext_lazy("Competence"),
    Part.ROOM: gettext_lazy("Time left"),
    Part.NEAR: pgettext_lazy("part of a rule", "Near by"),
    Part.READY: gettext_lazy("Talent pool"),
    Part.CERTIFIED: gettext_lazy("Certificate"),
}
NEAR_WORDS: Mapping[Near, Promise] = {
    Near.HERE: gettext_lazy("works in this unit"),
    Near.BRANCH: gettext_lazy("works in the same branch, one unit up"),
    Near.REGION: gettext_lazy("works in the same branch, two units up"),
    Near.ELSEWHERE: gettext_lazy("works elsewhere"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One part: its name, what was seen, and the points; `reached` None where it could not be judged."""

    label: str
    words: str
    reached: str | None
    most: str


@dataclass(frozen=True, slots=True)
class Line:
    """A suggestion as it is shown."""

    suggestion: Suggestion
    reasons: tuple[Reason, ...]
    judged: str
    raises: str
    fill_mode: str


def shown(suggestion: Suggestion) -> Line:
    """Put a suggestion into words of the reader's language."""
    standing = suggestion.standing
    reasons = tuple(
        Reason(
            str(PARTS[each.part]),
            WORDS[each.part](suggestion),
            None if each.reached is None else _plain(each.reached),
            _plain(each.most),
        )
        for each in suggestion.points
    )
    raises = ""
    if standing.here:
        raises = _("holds it here with %(share)s already") % {"share": _plain(standing.here)}
    mode = FillMode(standing.fill_mode)
    return Line(
        suggestion, reasons, _plain(suggestion.judged), raises, "" if mode is FillMode.INTERNAL else str(mode.label)
    )


def _fit(suggestion: Suggestion) -> str:
    fit = suggestion.standing.fit
    if fit is None:
        return _("not rated for this role")
    return _("%(share)s %% of what the role needs") % {"share": _plain((fit * 100).quantize(Decimal(1)))}


def _room(suggestion: Suggestion) -> str:
    words = {"now": _plain(suggestion.standing.present), "after": _plain(suggestion.after)}
    return _("%(now)s promised now, %(after)s with this role") % words


def _near(suggestion: Suggestion) -> str:
    return str(NEAR_WORDS[suggestion.standing.near])


def _ready(suggestion: Suggestion) -> str:
    years = suggestion.standing.ready
    if years is None:
        return _("in no pool for this role")
    if not years:
        return _("in a pool for this role, ready now")
    words = ngettext(
        "in a pool for this role, ready in %(years)s year", "in a pool for this role, ready in %(years)s years", years
    )
    return words % {"years": years}


def _certified(suggestion: Suggestion) -> str:
    standing = suggestion.standing
    if standing.certificates is None:
        return _("no programme certifies for this role")
    valid = [each for each in standing.certificates if each.is_valid]
    if valid:
        return _("valid: %(programme)s") % {"programme": valid[0].programme.in_language(get_language())}
    return _("expired or revoked") if standing.certificates else _("none")


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


WORDS: Mapping[Part, Callable[[Suggestion], str]] = {
    Part.FIT: _fit,
    Part.ROOM: _room,
    Part.NEAR: _near,
    Part.READY: _ready,
    Part.CERTIFIED: _certified,
}
