"""Connections and readings on the pages and over REST: secrets, previews, words, jobs, the log."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from omnichannel.core.sealing import SealBroken, seal, unseal
from omnichannel.jobs.models import Job
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.directory_choices import RunState
from roles.models import DirectoryConnection, DirectoryRun, Employment
from roles.queries.directories import runs
from roles.services.directories.running import request_reading, sweep
from roles.tasks import sync_directory
from tests.roles.directories.server import SECRET, SYSTEMS, Answers, serving
from tests.roles.directories.test_files import DEPARTMENTS, MEMBERS
from tests.roles.directories.world import firm


@pytest.fixture
def answers() -> Answers:
    """WeCom with the firm."""
    return SYSTEMS["wecom"](firm())


@pytest.fixture
def server(answers: Answers, settings: object) -> Iterator[str]:
    """The address it answers at, which this installation allows."""
    settings.DIRECTORIES_PRIVATE = True  # type: ignore[attr-defined]
    with serving(answers) as url:
        yield url


@pytest.fixture
def hr(signed_in: Callable[..., Client]) -> Client:
    """An HR lead's browser."""
    return signed_in("hr_lead")


def form(url: str, **said: str) -> dict[str, str]:
    return {"base_url": url, "account": "ww123", "secret": SECRET, "daily": "on", **said}


def worked(workspace: Workspace) -> DirectoryRun:
    """Do the newest reading's job and return the reading."""
    with workspace_scope(workspace.pk):
        run = runs().first()
        assert run is not None
        sync_directory(workspace_id=workspace.pk, job_id=run.job_id or 0)
        return runs().get(pk=run.pk)


def test_a_connection_is_made_tried_previewed_and_written(
    workspace: Workspace, hr: Client, server: str, answers: Answers
) -> None:
    base = f"/w/{workspace.slug}/settings/directories/"
    page = hr.get(f"{base}new/wecom/").content.decode()
    assert "https://qyapi.weixin.qq.com" in page
    made = hr.post(f"{base}new/wecom/", form(server), follow=True)
    text = made.content.decode()
    assert SECRET not in text
    with workspace_scope(workspace.pk):
        kept = DirectoryConnection.objects.get()
    assert SECRET not in kept.sealed_secret
    assert unseal(kept.sealed_secret) == SECRET
    hr.post(f"{base}{kept.pk}/read/", {"do": "preview"})
    plan = worked(workspace)
    assert (plan.state, plan.revision) == (RunState.PREVIEWED, None)
    shown = hr.get(f"{base}readings/{plan.pk}/").content.decode()
    assert 'name="confirm"' not in shown
    assert "员工gu1" in shown
    assert hr.post(f"{base}readings/{plan.pk}/", {}).status_code == 302
    done = worked(workspace)
    assert (done.state, done.revision) == (RunState.WRITTEN, 1)
    with workspace_scope(workspace.pk):
        assert Employment.objects.count() == 9
        assert Job.objects.get(params={"run": done.pk}).state == "succeeded"
    assert "r1" in hr.get(f"{base}{kept.pk}/").content.decode()
    # many leave: the words of the page, and no others
    answers.world.users = {key: one for key, one in answers.world.users.items() if key != "gu1"}
    hr.post(f"{base}{kept.pk}/read/", {"do": "write"})
    cut = worked(workspace)
    assert (cut.state, cut.summary["confirm"]) == (RunState.TO_CONFIRM, "1 leaver")
    assert 'name="confirm"' in hr.get(f"{base}readings/{cut.pk}/").content.decode()
    hr.post(f"{base}readings/{cut.pk}/", {"confirm": "yes"})
    assert worked(workspace).state == RunState.TO_CONFIRM
    hr.post(f"{base}readings/{cut.pk}/", {"confirm": "1 leaver"})
    assert worked(workspace).state == RunState.WRITTEN
    for name in ("", f"{kept.pk}/", f"readings/{cut.pk}/"):
        assert hr.get(f"{base}{name}", headers={"Accept-Language": "en"}).status_code == 200


def test_a_fault_is_told_on_the_reading_and_the_job_and_nothing_is_written(
    workspace: Workspace, hr: Client, server: str, answers: Answers
) -> None:
    base = f"/w/{workspace.slug}/settings/directories/"
    wrong = hr.post(f"{base}new/wecom/", form(server, secret="wrong-secret"), follow=True).content.decode()
    assert "40001" in wrong
    assert "wrong-secret" not in wrong
    with workspace_scope(workspace.pk):
        kept = DirectoryConnection.objects.get()
    hr.post(f"{base}{kept.pk}/read/", {"do": "write"})
    failed = worked(workspace)
    assert (failed.state, failed.fault["code"], failed.fault["number"]) == (RunState.FAILED, "credentials", "40001")
    with workspace_scope(workspace.pk):
        job = Job.objects.get(params={"run": failed.pk})
    assert (job.state, job.reason) == ("failed", "directory_not_read")
    assert "wrong-secret" not in f"{job.detail}{failed.fault}{failed.summary}"
    assert "40001" in hr.get(f"{base}readings/{failed.pk}/").content.decode()


def test_another_address_does_not_get_the_stored_secret(workspace: Workspace, hr: Client, server: str) -> None:
    base = f"/w/{workspace.slug}/settings/directories/"
    hr.post(f"{base}new/wecom/", form(server))
    with workspace_scope(workspace.pk):
        kept = DirectoryConnection.objects.get()
    answer = hr.post(f"{base}{kept.pk}/", form("http://127.0.0.1:1", secret=""))
    assert answer.status_code == 422
    assert hr.post(f"{base}{kept.pk}/", form(server, secret="", root="3")).status_code == 302
    with workspace_scope(workspace.pk):
        kept.refresh_from_db()
        assert (kept.base_url, kept.root, unseal(kept.sealed_secret)) == (server, "3", SECRET)


def test_an_inner_address_is_refused_unless_the_installation_allows_it(workspace: Workspace, hr: Client) -> None:
    for url in ("http://127.0.0.1:9", "https://127.0.0.1", "https://169.254.169.254", "https://[::1]"):
        answer = hr.post(f"/w/{workspace.slug}/settings/directories/new/wecom/", form(url))
        assert answer.status_code == 422, url
    with workspace_scope(workspace.pk):
        assert not DirectoryConnection.objects.exists()


def test_files_are_previewed_then_written_and_their_content_is_let_go(workspace: Workspace, hr: Client) -> None:
    base = f"/w/{workspace.slug}/settings/directories/"
    files = [io.BytesIO(DEPARTMENTS.encode("gb18030")), io.BytesIO(MEMBERS.encode("utf-8-sig"))]
    for number, file in enumerate(files):
        file.name = f"{number}.csv"
    answer = hr.post(f"{base}files/", {"files": files, "kind": ""})
    plan = worked(workspace)
    assert answer["Location"].endswith(f"/readings/{plan.pk}/")
    assert (plan.state, plan.summary["people"]) == (RunState.PREVIEWED, 3)
    with workspace_scope(workspace.pk):
        kept = DirectoryRun.objects.get(pk=plan.pk).directory
    assert "13800000000" not in str(kept)
    assert "chen" in str(kept)
    hr.post(f"{base}readings/{plan.pk}/", {})
    done = worked(workspace)
    assert done.state == RunState.WRITTEN
    with workspace_scope(workspace.pk):
        assert set(Employment.objects.values_list("person__external_id", flat=True)) == {"boss", "liu", "chen"}
        assert not DirectoryRun.objects.exclude(directory=None).exists()
    nothing = io.BytesIO("订单号,金额\n1,2\n".encode())
    nothing.name = "orders.csv"
    assert "orders.csv" in hr.post(f"{base}files/", {"files": [nothing]}, follow=True).content.decode()


def test_rest_starts_a_reading_and_tells_how_it_ended(
    workspace: Workspace, hr: Client, server: str, api_client: Callable[..., APIClient]
) -> None:
    hr.post(f"/w/{workspace.slug}/settings/directories/new/wecom/", form(server))
    api, base = api_client("hr_lead"), f"/api/v1/workspaces/{workspace.slug}/directories/"
    started = api.post(f"{base}wecom/read/", {"preview": True})
    assert (started.status_code, started.json()["state"]) == (202, "waiting")
    assert api.post(f"{base}wecom/read/", {}).json()["code"] == "reading_under_way"
    worked(workspace)
    found = api.get(f"{base}readings/{started.json()['id']}/").json()
    assert (found["state"], found["summary"]["parts"]["people"]["counts"]["created"]) == ("previewed", 9)
    listed = api.get(base)
    assert [(one["kind"], one["last"]["state"]) for one in listed.json()] == [("wecom", "previewed")]
    assert SECRET not in listed.content.decode()
    assert "sealed" not in listed.content.decode()
    assert api.post(f"{base}feishu/read/", {}).status_code == 404


def test_a_daily_connection_is_read_once_a_day(workspace: Workspace, hr: Client, server: str) -> None:
    hr.post(f"/w/{workspace.slug}/settings/directories/new/wecom/", form(server))
    with workspace_scope(workspace.pk):
        now = timezone.now()
        sweep(now=now)
        sweep(now=now)
        assert DirectoryRun.objects.count() == 1
    worked(workspace)
    with workspace_scope(workspace.pk):
        sweep(now=now + timedelta(days=1))
        assert DirectoryRun.objects.count() == 2


def test_a_reading_under_way_keeps_no_other_connection_from_its_daily_one(
    workspace: Workspace, hr: Client, server: str
) -> None:
    for kind in ("wecom", "feishu"):
        hr.post(f"/w/{workspace.slug}/settings/directories/new/{kind}/", form(server))
    with workspace_scope(workspace.pk):
        busy, free = DirectoryConnection.objects.filter(daily=True)
        request_reading(busy, actor_id=None, is_preview=True)
        sweep(now=timezone.now())
        assert [DirectoryRun.objects.filter(connection=one).count() for one in (busy, free)] == [1, 1]


def test_nobody_but_owner_and_hr_sees_directories(workspace: Workspace, signed_in: Callable[..., Client]) -> None:
    for role in ("executive", "analyst", "line_manager", "guide"):
        client = signed_in(role, unit_external_id="U", person_external_id="P")
        assert client.get(f"/w/{workspace.slug}/settings/directories/").status_code == 403


def test_a_seal_opens_with_an_older_key_and_with_no_other(settings: object) -> None:
    sealed = seal("a secret 秘密")
    keys = list(settings.SEALING_KEYS)  # type: ignore[attr-defined]
    settings.SEALING_KEYS = ["newer", *keys]  # type: ignore[attr-defined]
    assert unseal(sealed) == "a secret 秘密"
    settings.SEALING_KEYS = ["another"]  # type: ignore[attr-defined]
    with pytest.raises(SealBroken):
        unseal(sealed)
