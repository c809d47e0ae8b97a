"""Every snippet of every guide is executed against the running product, in both languages, and answers as it says."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

from omnichannel.workspaces.views.api_guides import GUIDES, guide_text
from tests.e2e.conftest import SignIn, Stack
from tests.e2e.test_rest import Client, client
from tests.guides import holds, run, snippets
from tests.roles.directories.server import SECRET, WeComAnswers, serving
from tests.roles.directories.world import firm

__all__ = ["client"]
# what a person does once on the page of the connection, below the organisation that is there
CONNECT = """
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.models import DirectoryConnection
from roles.services.directories.connections import ConnectionInput, connect
with workspace_scope(Workspace.objects.get(slug="demo").pk):
    DirectoryConnection.objects.all().delete()
    connect("wecom", ConnectionInput("{url}", "ww-demo", "{secret}", under="G"), actor_id=None)
"""


@contextmanager
def wecom(stack: Stack) -> Iterator[None]:
    """Serve an address book on this machine as WeCom documents it, and connect the demo to it."""
    with serving(WeComAnswers(firm())) as url:
        stack.manage("shell", "-c", CONNECT.format(url=url, secret=SECRET))
        yield


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", GUIDES)
@pytest.mark.skipif(shutil.which("curl") is None, reason="the guides call curl, which this machine lacks")
def test_every_snippet_runs_and_answers_as_promised(
    stack: Stack, client: Client, tmp_path: Path, name: str, language: str
) -> None:
    tools = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = {**os.environ, "OMNI": client.root, "TOKEN": client.token, "BASE": stack.url, "PATH": tools}
    with wecom(stack) if name == "wecom" else nullcontext():
        told = run(guide_text(name, language), env=env, folder=tmp_path)
    assert told, "a guide without a snippet"
    for snippet, output, answers in told:
        for promised in answers:
            assert holds(json.loads(output), promised), (snippet.text, output[:2000])


@pytest.mark.parametrize("name", GUIDES)
def test_both_languages_run_the_same_snippets(name: str) -> None:
    first, second = (
        [(one.language, one.about, one.text) for one in snippets(guide_text(name, language))]
        for language in ("zh", "en")
    )
    assert first == second


@pytest.mark.parametrize(
    ("language", "word"), [("zh", "五分钟完成第一次调用"), ("en", "Your first call in five minutes")]
)
def test_the_docs_page_leads_to_the_guides_with_the_readers_own_address(
    stack: Stack, sign_in: SignIn, language: str, word: str
) -> None:
    page = sign_in("hr_lead", language=language)
    page.goto("/api/docs/")
    page.get_by_role("link", name=word).click()
    assert page.get_by_role("heading", level=1).inner_text() == word
    assert f"{stack.url}/api/v1/workspaces/demo" in page.locator("article").inner_text()
