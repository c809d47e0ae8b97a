"""How long the server takes for each kind of page of a running demo, by name and by following links."""

from __future__ import annotations

import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from http.cookiejar import CookieJar
from math import ceil

from django.urls import Resolver404, resolve

PER_ROUTE, ROUNDS = 2, 5
FOLLOW_SECONDS, SECONDS = 12, 50  # at most: to find pages as each reader, and for everything
PASSWORD, SLUG = "omnichannel-demo", "demo"
# who reads, and pages that are asked for by name besides those that links lead to: people open them most
READERS = {
    "owner": (
        "organisation/", "kpis/targets/", "analyses/rfm/", "scorecards/digital-guide/", "stages/", "stages/executive/",
        "stages/coverage/", "talent/", "talent/headcount/", "pay/plans/", "kpis/sales_net/explain/",
        "kpis/guide_reply_rate/explain/?by=employee", "kpis/reach_rate/explain/?by=unit",
        "kpis/sales_net/explain/rows/",
        "kpis/reach_rate/explain/rows/?operand=1", "kpis/second_purchase_rate/explain/rows/",
    ),
    "guide": ("pay/", "pay/my-day/"),
}  # fmt: skip
FILES = (".csv", ".xlsx", ".pdf", ".docx", ".json", ".svg", ".zip", ".ndjson")
_LINK = re.compile(r'<a\b[^>]*?\shref="([^"#]+)')
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Page:
    """A page as one reader asks for it. `label` is what its figures stand under: its path if named, else its route."""

    reader: urllib.request.OpenerDirector
    label: str
    url: str


def page_figures(url: str = "http://127.0.0.1:8000") -> dict[str, float]:
    """Return p50 and p95 in milliseconds and how many requests they rest on, of each kind of page and of all together.

    Every page is asked for once to warm up, then up to `ROUNDS` times: what answers slowly on a large demo is asked for
    less often, once at least. Up to `PER_ROUTE` pages of a route are taken. The slowest come last.
    """
    until = time.monotonic() + SECONDS
    pages = [page for role, named in READERS.items() for page in _pages(_signed_in(url, role), url, role, named)]
    taken: dict[str, list[float]] = defaultdict(list)
    for again in range(ROUNDS):
        for page in pages:
            if not again or time.monotonic() < until:
                taken[page.label].append(_milliseconds(page))
    figures: dict[str, float] = {}
    for label, some in sorted(taken.items(), key=lambda each: _share(each[1], 0.95)):
        figures |= {f"{label} p50": _share(some, 0.5), f"{label} p95": _share(some, 0.95), f"{label} n": len(some)}
    every = [figure for some in taken.values() for figure in some]
    worst = max(_share(some, 0.95) for some in taken.values())
    return {
        **figures,
        "kinds": len(taken),
        "requests": len(every),
        "p50_ms": _share(every, 0.5),
        "p95_ms": _share(every, 0.95),
        "worst": worst,
    }


def _signed_in(url: str, role: str) -> urllib.request.OpenerDirector:
    email, reader = f"{role}@demo.example", urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    login = f"{url}/accounts/login/"
    token = _TOKEN.search(_read(reader, login))
    if token is None:
        raise RuntimeError(f"{login} shows no sign-in form")
    form = {"csrfmiddlewaretoken": token[1], "login": email, "password": PASSWORD}
    body = urllib.parse.urlencode(form).encode()
    request = urllib.request.Request(login, body, {"Referer": login})  # noqa: S310 - the address is the caller's
    with reader.open(request, timeout=60) as answer:
        if "/w/" not in answer.url:
            raise RuntimeError(f"{email} could not sign in")
    return reader


def _pages(reader: urllib.request.OpenerDirector, url: str, role: str, named: Sequence[str]) -> list[Page]:
    """Follow links breadth first for a while; return the pages named and up to `PER_ROUTE` others of each route."""
    home = f"{url}/w/{SLUG}/"
    found = [Page(reader, f"{role} {path}", home + path) for path in named]
    count: Counter[str] = Counter()
    asked = [page.url for page in found]
    queue = deque([*asked, home])
    seen, until = set(queue), time.monotonic() + FOLLOW_SECONDS
    while queue and time.monotonic() < until:
        page = queue.popleft()
        route = _route(page)
        if route is None or count[route] >= PER_ROUTE:
            continue
        if page not in asked:
            count[route] += 1
            found.append(Page(reader, f"{role} {route}", page))
        for link in _LINK.findall(_read(reader, page)):
            target = urllib.parse.urljoin(page, unescape(link))
            if target.startswith(home) and target not in seen:
                seen.add(target)
                queue.append(target)
    return found


def _route(page: str) -> str | None:
    path = urllib.parse.urlsplit(page).path
    if path.endswith(FILES) or "format=" in page:
        return None
    try:
        return resolve(path).view_name
    except Resolver404:
        return None


def _read(reader: urllib.request.OpenerDirector, page: str) -> str:
    try:
        with reader.open(page, timeout=60) as answer:
            return str(answer.read().decode("utf-8", "replace"))
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{page} answers {error.code}") from error


def _milliseconds(page: Page) -> float:
    started = time.perf_counter()
    _read(page.reader, page.url)
    return (time.perf_counter() - started) * 1000


def _share(figures: Sequence[float], share: float) -> float:
    """Return the figure that a share of all does not exceed."""
    return round(sorted(figures)[ceil(len(figures) * share) - 1], 1)
