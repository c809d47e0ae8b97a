"""A-04: a role that was renamed goes by its new name on every page, in every list and file."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from html import unescape
from itertools import product
from zipfile import ZipFile

import pytest
from django.http import HttpResponseBase
from django.test import Client
from django.urls import NoReverseMatch, reverse
from rest_framework.test import APIClient

from omnichannel.core.text import Bilingual
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.permissions import authorisation_table
from roles.catalogue import RoleKey, load_roles
from roles.queries import library
from tests.capabilities.test_workspace_roles import typed
from tests.orgstages.world import MONTH, NOW, write_figures, write_organisation
from tests.test_tenancy import KWARGS, is_api

# the library's name is made a word that stands nowhere else: what is found of it was read past the workspace's texts
OLD, NEW = Bilingual("库里的旧岗名", "Library's Former Role"), Bilingual("本店的新岗名", "Our Renamed Role")
KEY = RoleKey.USER_OPS
UNHELD = RoleKey.PRODUCT_OPS
TRIED: dict[str, tuple[object, ...]] = {
    "role_key": (KEY.value,),
    "role": (KEY.value,),
    "key": (KEY.value, "private_sales_share", "operator-training"),
    "name": (KEY.value, "org", "roster"),
    "kpi": ("new_private_users",),
    "kpi_id": ("new_private_users",),
    "external_id": ("U1", "UC", "BU1", "P1"),
    "thing": ("assignments", "people", "units", "seats"),
    "kind": ("csv", "svg", "png", "pdf", "xlsx"),
    "form": ("csv", "json", "md", "docx", "xlsx"),
    "table": ("employees", "unit", "position_seats"),
    "table_id": ("employees", "position_seats"),
    "subtype": ("user-growth-driven",),
    "number": (1, 2),
}
# the library's text stands beside the workspace's own by intent: differences, the form that changes it, its history
LIBRARY_SHOWN = {
    "roles:role_texts", "roles:role_edit", "roles_api:role_texts", "roles_api:role_history", "roles_api:role_library",
}  # fmt: skip


def urls(route: str, pks: range) -> Iterator[str]:
    """Yield the addresses of a route that may answer."""
    names = [name for name in KWARGS[route] if name != "slug"]
    for values in product(*(pks if TRIED.get(name) is None else TRIED[name] for name in names)):
        try:
            yield reverse(route, kwargs={**dict(zip(names, values, strict=True)), "slug": "acme"})
        except NoReverseMatch:
            continue


def text_of(answer: HttpResponseBase) -> str:
    """Return what an answer says; of a workbook or a paper what its parts say. Pictures and PDF say nothing here."""
    kind = answer.get("Content-Type", "")
    content = b"".join(answer) if answer.streaming else answer.content  # type: ignore[attr-defined]
    if content[:2] == b"PK":
        with ZipFile(io.BytesIO(content)) as parts:
            return unescape("".join(parts.read(name).decode() for name in parts.namelist() if name.endswith(".xml")))
    if not re.match(r"text/|application/(json|problem|scim)|image/svg", kind):
        return ""
    said = unescape(content.decode())
    return said.encode().decode("unicode_escape", "ignore") + said if "\\u" in said else said


@contextmanager
def called(key: RoleKey, names: Bilingual) -> Iterator[None]:
    """Let the library call a role by names like no other word."""
    catalogue = load_roles()
    real = catalogue.roles
    object.__setattr__(catalogue, "roles", {**real, key: replace(real[key], names=names)})
    forget()
    try:
        yield
    finally:
        object.__setattr__(catalogue, "roles", real)
        forget()


def forget() -> None:
    """Let the library be composed anew."""
    library._untouched.cache_clear()
    library._read.cache_clear()


@pytest.fixture
def firm(in_workspace: Workspace, signed_in: Callable[..., Client]) -> Client:
    """A firm where the role is held, measured and planned for."""
    write_organisation()
    write_figures(NOW, MONTH)
    client = signed_in("owner")
    plan = {"name": "A", "units": ["BU1"], "start": "2027-01", "months": "2"}
    assert client.post("/w/acme/talent/headcount/plans/new/", plan).status_code == 302
    return client


def answers(client: Client, api: APIClient, language: str) -> Iterator[tuple[str, str, str]]:
    """Yield (route, address, text) of every page and every list that answers to one of the addresses tried."""
    for route, methods in sorted(authorisation_table().items()):
        if "GET" not in methods or route.startswith("scim"):
            continue
        for url in urls(route, range(1, 4)):
            who = api if is_api(route) else client
            answer = who.get(url, HTTP_ACCEPT_LANGUAGE=language)
            if answer.status_code == 200:
                yield route, url, text_of(answer)
                break


@pytest.mark.parametrize(("language", "old", "new"), [("zh-hans", OLD.zh, NEW.zh), ("en", OLD.en, NEW.en)])
def test_a04_no_page_and_no_list_knows_the_old_name_of_a_renamed_role(
    firm: Client, api_client: Callable[..., APIClient], language: str, old: str, new: str
) -> None:
    api = api_client("owner")
    with called(KEY, OLD):
        before = {route for route, _url, text in answers(firm, api, language) if old in text}
        said = {**typed(firm, KEY.value), "names_zh": NEW.zh, "names_en": NEW.en, "seen": "0"}
        assert firm.post(f"/w/acme/roles/{KEY.value}/edit/", said).status_code == 302
        found = {route: (url, text) for route, url, text in answers(firm, api, language)}
    assert len(found) > 150
    assert len(before) > 40, sorted(before)
    assert left_of(old, found, but=LIBRARY_SHOWN) == {}
    assert [route for route in before - LIBRARY_SHOWN if route in found and new not in found[route][1]] == []


def left_of(name: str, found: dict[str, tuple[str, str]], *, but: set[str]) -> dict[str, str]:
    """Return where a name still stands, with what is around it."""
    return {
        url: text[max(0, text.index(name) - 60) : text.index(name) + 40]
        for route, (url, text) in found.items()
        if name in text and route not in but
    }


def test_a04_no_picker_offers_a_hidden_role(firm: Client, api_client: Callable[..., APIClient]) -> None:
    """Texts of the library, rows, links and history go on naming it; nothing asks anybody to choose it."""
    offered = re.compile(rf'<(?:option|input type="(?:checkbox|radio)")[^>]*value="{UNHELD.value}"')
    api = api_client("owner")
    before = {route for route, _url, text in answers(firm, api, "en") if offered.search(text)}
    assert firm.post(f"/w/acme/roles/{UNHELD.value}/hide/", {"hidden": "1", "seen": "0"}).status_code == 302
    after = {url for route, url, text in answers(firm, api, "en") if offered.search(text)}
    assert len(before) > 10, sorted(before)
    assert after == set()
