"""Pay against the workspace's bands: which seats and people lie outside, by how much, and why they were compared so."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from omnichannel.core.csvtext import csv_text
from omnichannel.core.http import csv_answer
from omnichannel.workspaces.clock import Clock, clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from roles.catalogue import load_roles
from roles.queries.library import role_library
from talent.people.pay import Level, Place
from talent.queries.pay_bands import pay_bands
from talent.queries.pay_check import PayCheck, PostCheck, PostKind, pay_check
from talent.views.tabs import talent_tabs

PAGE = 50
OUTSIDE = "outside"
PLACES: tuple[tuple[str, str | Promise], ...] = (
    (OUTSIDE, _("Outside the band")),
    (Place.BELOW.value, _("Below the band")),
    (Place.ABOVE.value, _("Above the band")),
    (Place.NO_BAND.value, _("No band")),
    (Place.INSIDE.value, _("Inside the band")),
)
KINDS: tuple[tuple[str, str | Promise], ...] = (
    (PostKind.SEAT.value, _("Seats by budget")),
    (PostKind.PERSON.value, _("People by monthly cost")),
)
COLUMNS = (
    "kind", "id", "name", "title", "unit_id", "unit", "city", "role_id", "role", "level", "fte", "monthly_per_fte",
    "band_low", "band_high", "place", "distance",
)  # fmt: skip


@require_GET
def pay(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show the posts outside their band; `?place=`, `kind`, `q` and `sort` choose among all that were compared."""
    clock = clock_of(request)
    found, bands = pay_check(as_of=clock.as_of), pay_bands(as_of=clock.as_of)
    posts = Paginator(chosen_posts(request, found), PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "clock": clock,
        "tabs": talent_tabs(request, "talent:pay"),
        "found": found,
        "posts": posts,
        "rows": [_row(post) for post in posts],
        "bands": len(bands.bands),
        "below": found.count(Place.BELOW),
        "above": found.count(Place.ABOVE),
        "no_band": found.count(Place.NO_BAND),
        "places": PLACES,
        "place": _asked(request, "place", PLACES) or OUTSIDE,
        "kinds": KINDS,
        "kind": _asked(request, "kind", KINDS),
        "q": request.GET.get("q", "").strip(),
    }
    return render(request, "talent/pay.html", context)


@require_GET
def pay_file(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer the same posts as CSV."""
    clock: Clock = clock_of(request)
    rows = post_rows(chosen_posts(request, pay_check(as_of=clock.as_of)))
    return csv_answer(csv_text(rows), filename=f"pay-check-{clock.as_of}.csv")


def chosen_posts(request: WorkspaceRequest, found: PayCheck) -> list[PostCheck]:
    """Return the posts that the URL asks for, those furthest outside first unless it sorts."""
    place, kind = _asked(request, "place", PLACES) or OUTSIDE, _asked(request, "kind", KINDS)
    words, sort = request.GET.get("q", "").strip().casefold(), request.GET.get("sort", "")
    wanted = {Place.BELOW, Place.ABOVE} if place == OUTSIDE else {Place(place)}
    posts = [
        post
        for post in found.posts
        if post.place in wanted
        and kind in ("", post.kind.value)
        and words in f"{post.id} {post.name} {post.title} {post.unit_name}".casefold()
    ]
    posts.sort(key=lambda post: (-abs(post.distance or Decimal(0)), post.kind, post.id))
    keys = {
        "name": lambda post: post.name,
        "unit": lambda post: post.unit_name,
        "role": lambda post: post.role,
        "monthly": lambda post: post.monthly,
        "distance": lambda post: post.distance or Decimal(0),
    }
    if sort.removeprefix("-") in keys:
        posts.sort(key=keys[sort.removeprefix("-")], reverse=sort.startswith("-"))
    return posts


def post_rows(posts: Sequence[PostCheck]) -> list[Sequence[object]]:
    """Return posts as lines of a file."""
    language, roles = get_language(), role_library().roles
    names = {key.value: role.names.in_language(language) for key, role in roles.items()}
    rows: list[Sequence[object]] = [COLUMNS]
    for post in posts:
        head = (post.kind.value, post.id, post.name, post.title, post.unit, post.unit_name, post.city)
        level = post.level.value if post.level else ""
        band = (post.bounds.low, post.bounds.high) if post.bounds else ("", "")
        told = (post.role, names.get(post.role, post.role), level, post.fte, post.monthly)
        rows.append((*head, *told, *band, post.place.value, "" if post.distance is None else post.distance))
    return rows


def _row(post: PostCheck) -> dict[str, Any]:
    roles, levels = role_library().roles, load_roles().jd.levels
    role = next((each for key, each in roles.items() if key.value == post.role), None)
    return {
        "post": post,
        "is_seat": post.kind is PostKind.SEAT,
        "role": role.names if role else None,
        "level": levels[post.level].names if post.level else None,
        "is_default_level": post.level is Level.SPECIALIST and not post.level_word,
        "band": post.bounds.bands[0] if post.bounds and len(post.bounds.bands) == 1 else None,
        "place": dict(PLACES)[post.place.value],
        "below": post.place is Place.BELOW,
    }


def _asked(request: WorkspaceRequest, name: str, options: Sequence[tuple[str, str | Promise]]) -> str:
    said = request.GET.get(name, "")
    return said if said in dict(options) else ""
