"""How long the server takes for each kind of page of a running demo, found by following its links as the owner."""

from __future__ import annotations

import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import defaultdict, deque
from html import unescape
from http.cookiejar import CookieJar

from django.urls import Resolver404, resolve

PER_ROUTE, ROUNDS, MOST_PAGES = 8, 5, 600
EMAIL, PASSWORD, SLUG = "owner@demo.example", "omnichannel-demo", "demo"
FILES = (".csv", ".xlsx", ".pdf", ".docx", ".json", ".svg", ".zip", ".ndjson")
_LINK = re.compile(r'<a\b[^>]*?\shref="([^"#]+)')
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


def page_figures(url: str = "http://127.0.0.1:8000") -> dict[str, float]:
    """Return per route the 95th percentile in milliseconds over its pages, the worst route last and under `worst`.

    Every page is asked for once to warm up, then `ROUNDS` times; up to `PER_ROUTE` pages of a route are taken.
    """
    reader = _signed_in(url)
    taken = {
        route: _p95([_milliseconds(reader, page) for _ in range(ROUNDS) for page in pages])
        for route, pages in _pages(reader, url).items()
    }
    ordered = dict(sorted(taken.items(), key=lambda each: each[1]))
    return {**ordered, "routes": len(ordered), "worst": max(ordered.values())}


def _signed_in(url: str) -> urllib.request.OpenerDirector:
    reader = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    login = f"{url}/accounts/login/"
    token = _TOKEN.search(_read(reader, login))
    if token is None:
        raise RuntimeError(f"{login} shows no sign-in form")
    form = {"csrfmiddlewaretoken": token[1], "login": EMAIL, "password": PASSWORD}
    body = urllib.parse.urlencode(form).encode()
    request = urllib.request.Request(login, body, {"Referer": login})  # noqa: S310 - the address is the caller's
    with reader.open(request, timeout=60) as answer:
        if "/w/" not in answer.url:
            raise RuntimeError(f"{EMAIL} could not sign in")
    return reader


def _pages(reader: urllib.request.OpenerDirector, url: str) -> dict[str, list[str]]:
    """Follow links breadth first; return up to `PER_ROUTE` pages of each route."""
    found: dict[str, list[str]] = defaultdict(list)
    queue, seen = deque([f"{url}/w/{SLUG}/"]), {f"{url}/w/{SLUG}/"}
    read = 0
    while queue and read < MOST_PAGES:
        page = queue.popleft()
        route = _route(page)
        if route is None or len(found[route]) >= PER_ROUTE:
            continue
        found[route].append(page)
        read += 1
        for link in _LINK.findall(_read(reader, page)):
            target = urllib.parse.urljoin(page, unescape(link))
            if target.startswith(f"{url}/w/{SLUG}/") and target not in seen:
                seen.add(target)
                queue.append(target)
    return {route: pages for route, pages in found.items() if pages}


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


def _milliseconds(reader: urllib.request.OpenerDirector, page: str) -> float:
    started = time.perf_counter()
    _read(reader, page)
    return (time.perf_counter() - started) * 1000


def _p95(figures: list[float]) -> float:
    return round(sorted(figures)[max(int(len(figures) * 0.95) - 1, 0)], 1)
