"""The whole stack on a database of its own: web, worker and dispatcher as processes, the demo retailer, Chromium."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, StorageState, expect, sync_playwright

from omnichannel.services.browser import browser_arguments, find_browser
from omnichannel.services.processes import spawn, stop
from omnichannel.services.stack import dispatcher_command, free_port, wait_for, web_command, worker_command
from omnichannel.services.valkey import Valkey
from tests.databases import SEEDED, clean_environment, copy, make_once, manage, migrated, url_of

PASSWORD = "omnichannel-demo"
DATABASE = f"e2e_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"  # each process of tests has a stack of its own


@dataclass
class Stack:
    """The running product: its address, its environment, its processes."""

    url: str
    env: dict[str, str]
    logs: Path
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, command: list[str]) -> None:
        """Start one of the product's processes."""
        self.children[name] = spawn(command, env=self.env, log=self.logs / f"{name}.log")

    def kill_worker(self) -> None:
        """Kill the worker and its pool outright, as a machine failure would."""
        os.killpg(self.children["worker"].pid, 9)
        self.children["worker"].wait(10)

    def manage(self, *arguments: str) -> str:
        """Run a management command against this stack; return its output, fail with what it said."""
        return manage(*arguments, **self.env)

    def settle(self, seconds: float = 120) -> None:
        """Wait until no job waits or runs, so that figures stand still while a test compares them."""
        deadline = time.monotonic() + seconds
        while self.sql("select count(*) from jobs_job where state in ('queued', 'running')") != [(0,)]:
            assert time.monotonic() < deadline, "jobs do not end"
            time.sleep(0.1)

    def sql(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Ask the database as its owner, past every lock: what really stands there?"""
        with psycopg2.connect(self.env["DATABASE_URL"]) as connection, connection.cursor() as cursor:
            cursor.execute(query, parameters)
            return list(cursor.fetchall())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the walks on services of their own come first: another process makes the demo meanwhile."""
    items.sort(key=lambda item: "stack" in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the tiny demo retailer once for all processes of tests: database `seeded` and this folder of files."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / SEEDED

    def seed(database: str) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        valkey = Valkey()
        try:
            env = {"DATABASE_URL": migrated(database), "REDIS_URL": valkey.start(), "DATA_ROOT": str(folder)}
            manage("seed_demo", "--scale", "tiny", **env)
        finally:
            valkey.stop()

    make_once(SEEDED, seed)
    return folder


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, demo: Path) -> Iterator[Stack]:
    """Start everything on a copy of the tiny demo retailer; end all of it."""
    folder = tmp_path_factory.mktemp("stack")
    shutil.copytree(demo, folder / "data")
    copy(DATABASE, of=SEEDED)
    valkey = Valkey()
    env = {
        "DATABASE_URL": url_of(DATABASE),
        "REDIS_URL": valkey.start(),
        "DATA_ROOT": str(folder / "data"),
        "JOB_LEASE_SECONDS": "4",
        "DIRECTORIES_PRIVATE": "1",  # the address book that a guide reads is served on this machine
    }
    port = free_port()
    running = Stack(f"http://127.0.0.1:{port}", clean_environment() | env, folder)
    try:
        running.manage("collectstatic", "--noinput", "--verbosity=0")
        running.start("web", web_command(port))
        running.start("worker", worker_command())
        running.start("dispatcher", dispatcher_command())
        wait_for(f"{running.url}/healthz", seconds=180)
        yield running
    finally:
        for child in running.children.values():
            stop(child, signum=signal.SIGKILL)
        valkey.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium of the system."""
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright's sync API runs a loop in this thread
    path = find_browser()
    assert path, "no browser: `./run test` installs one or says why not"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=browser_arguments())
        expect.set_options(timeout=30_000)  # as patient as a click: a busy machine is no fault of the product
        yield chromium
        chromium.close()


# plotly's full bundle asks for one inline style, is refused it, and draws the same.
PLOTLY_STYLE = "sha256-ji27qzEtxXZW+7dun6UwjHXJ18e6WAin1VvNtkzIE/o="
FORM_REFUSED = "status of 422"  # Chromium calls any page that is not a success an error

SignIn = Callable[..., Page]


@pytest.fixture(scope="session")
def sessions() -> dict[str, StorageState]:
    """The cookies of the personas who have signed in once: a password is slow to check, by intent."""
    return {}


@pytest.fixture
def sign_in(stack: Stack, browser: Browser, sessions: dict[str, StorageState]) -> Iterator[SignIn]:
    """Open a persona's first page in a context of its own. A CSP violation or a script error fails the test."""
    contexts, faults = [], []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not any(known in message.text for known in (PLOTLY_STYLE, FORM_REFUSED)):
            faults.append(message.text)

    def enter(persona: str, *, language: str = "en", width: int = 1280, javascript: bool = True) -> Page:
        context = browser.new_context(
            base_url=stack.url,
            locale="zh-CN" if language.startswith("zh") else "en-US",
            viewport={"width": width, "height": 900},
            java_script_enabled=javascript,
            storage_state=sessions.get(persona),
        )
        contexts.append(context)
        context.set_default_timeout(30_000)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: faults.append(str(error)))
        if persona in sessions:
            page.goto("/w/demo/")
        else:
            give_password(page, persona)
            sessions[persona] = context.storage_state()
        return page

    yield enter
    for context in contexts:
        context.close()
    assert faults == []


def give_password(page: Page, persona: str) -> None:
    """Sign in at the form as one of the demo's people."""
    page.goto("/accounts/login/")
    page.fill("input[name=login]", f"{persona}@demo.example")
    page.fill("input[name=password]", PASSWORD)
    page.locator("form:has(input[name=password]) button[type=submit]").click()
    page.wait_for_url("**/w/demo/**")
