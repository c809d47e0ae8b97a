"""Webhooks against a real receiver: signed, at least once, retried, replayed, never in anybody's way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.conf import settings as django_settings
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from omnichannel.accounts.models import User
from omnichannel.jobs.choices import JobKind, JobState
from omnichannel.jobs.models import Job
from omnichannel.jobs.services.dispatching import dispatch_round
from omnichannel.webhooks import tasks
from omnichannel.webhooks.choices import DeliveryState, Stopped, Topic
from omnichannel.webhooks.errors import AddressRefused, EndpointOff
from omnichannel.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent
from omnichannel.webhooks.posting import Answer
from omnichannel.webhooks.services.announcing import News, announce, send_test
from omnichannel.webhooks.services.endpoints import (
    change_endpoint,
    create_endpoint,
    rotate_secret,
    switch_off,
    switch_on,
)
from omnichannel.webhooks.services.replaying import replay, replay_since
from omnichannel.webhooks.services.requesting import wake_due
from omnichannel.webhooks.services.sending import RETRIES, pause_after, send_due
from omnichannel.webhooks.services.sweeping import sweep
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.services.effects import take_effect
from roles.services.sync import PersonInput, upsert_people, upsert_units
from tests.roles.organisation import DAY, PEOPLE, UNITS, write_organisation
from tests.webhooks.receiver import Receiver, receiving


@pytest.fixture(autouse=True)
def _local(settings: Settings) -> None:
    settings.WEBHOOKS_LOCAL = True


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def endpoint(url: str, *topics: Topic, with_values: bool = False) -> tuple[WebhookEndpoint, str]:
    wanted = topics or tuple(Topic)
    return create_endpoint(url=url, topics=wanted, actor_id=None, now=timezone.now(), with_values=with_values)


def tell(number: int, topic: Topic = Topic.UPLOAD) -> int:
    return announce([News(topic, f"test:{number}", {"id": number})], now=timezone.now())


def work() -> list[Job]:
    """Run the sending jobs that wait, as workers would."""
    done = []
    while job := Job.objects.filter(state=JobState.QUEUED, kind=JobKind.SEND_WEBHOOKS).order_by("pk").first():
        tasks.send_webhooks(workspace_id=job.workspace_id, job_id=job.pk)
        job.refresh_from_db()
        done.append(job)
    return done


def states() -> dict[str, int]:
    found: dict[str, int] = {}
    for state in WebhookDelivery.objects.values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


def bodies(receiver: Receiver) -> list[dict[str, Any]]:
    return [json.loads(one.body) for one in receiver.got]


@pytest.mark.usefixtures("in_workspace")
def test_an_event_arrives_signed_so_that_the_library_verifies_it_and_no_forgery(receiver: Receiver) -> None:
    _made, secret = endpoint(receiver.url)
    assert tell(1) == 1
    (job,) = work()
    assert (job.state, job.result["delivered"]) == (JobState.SUCCEEDED, 1)
    (got,) = receiver.got
    told = Webhook(secret).verify(got.body, got.headers)
    assert (told["type"], told["data"]) == ("upload.loaded", {"id": 1})
    assert got.headers["webhook-id"].startswith("evt_")
    for body, headers in (
        (got.body + b" ", got.headers),
        (got.body, got.headers | {"webhook-id": "evt_other"}),
        (got.body, got.headers | {"webhook-timestamp": str(int(time.time()) - 600)}),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, headers)
    assert states() == {"delivered": 1}
    (attempt,) = WebhookAttempt.objects.all()
    assert (attempt.number, attempt.status, attempt.response_body) == (1, 200, "ok")
    assert secret not in json.dumps(attempt.request_headers)


@pytest.mark.usefixtures("in_workspace")
def test_the_same_news_twice_is_one_event_and_only_subscribers_are_told(receiver: Receiver) -> None:
    endpoint(receiver.url, Topic.UPLOAD)
    endpoint(receiver.url, Topic.ALERT)
    assert (tell(1), tell(1), tell(2, Topic.PUBLISHED)) == (1, 0, 0)
    work()
    assert len(receiver.got) == 1
    assert WebhookEvent.objects.count() == 2


@pytest.mark.usefixtures("in_workspace")
def test_without_an_endpoint_nothing_is_kept() -> None:
    assert tell(1) == 0
    assert (WebhookEvent.objects.count(), Job.objects.count()) == (0, 0)


@pytest.mark.usefixtures("in_workspace")
def test_after_a_rotation_both_secrets_verify_for_a_day_and_then_the_new_one_alone(receiver: Receiver) -> None:
    made, old = endpoint(receiver.url)
    now = timezone.now()
    new = rotate_secret(made, now=now)
    assert new != old
    tell(1)
    work()
    for secret in (old, new):
        Webhook(secret).verify(receiver.got[0].body, receiver.got[0].headers)
    with time_machine.travel(now + timedelta(hours=25), tick=False):
        tell(2)
        work()
        Webhook(new).verify(receiver.got[1].body, receiver.got[1].headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(old).verify(receiver.got[1].body, receiver.got[1].headers)
    newest = rotate_secret(made, now=now)
    assert len({old, new, newest}) == 3


@pytest.mark.usefixtures("in_workspace")
def test_a_failing_receiver_is_tried_again_at_growing_distances_under_one_id_and_then_given_up() -> None:
    with receiving(status=500) as receiver:
        endpoint(receiver.url)
        now = datetime(2026, 1, 5, tzinfo=UTC)
        with time_machine.travel(now, tick=False) as clock:
            tell(1)
            work()
            for pause in RETRIES:
                assert wake_due(now=timezone.now()) == 0
                clock.shift(pause * 1.1)
                assert wake_due(now=timezone.now()) == 1
                work()
            assert states() == {"failed": 1}
            assert wake_due(now=timezone.now() + timedelta(days=9)) == 0
        assert len(receiver.got) == 1 + len(RETRIES)
        assert len(set(receiver.ids())) == 1
        assert sum(RETRIES, timedelta()) < timedelta(days=2)
        numbers = list(WebhookAttempt.objects.order_by("pk").values_list("number", flat=True))
        assert numbers == list(range(1, 2 + len(RETRIES)))


def test_a_receiver_that_names_a_time_is_given_it() -> None:
    assert pause_after(1, Answer(500, 5), spread=0) == RETRIES[0]
    assert pause_after(1, Answer(429, 5, {"Retry-After": "90"}), spread=0) == timedelta(seconds=90)
    assert pause_after(1, Answer(503, 5, {"retry-after": "999999999999"}), spread=0) == timedelta(hours=24)
    assert pause_after(2, Answer(503, 5, {"retry-after": "Fri, 31 Dec"}), spread=0) == RETRIES[1]
    assert pause_after(len(RETRIES) + 1, Answer(500, 5), spread=0) is None
    spreads = {pause_after(3, Answer(500, 5), spread=spread) for spread in range(100)}
    assert len(spreads) == 100
    assert max(filter(None, spreads)) <= RETRIES[2] * 1.1


@pytest.mark.usefixtures("in_workspace")
def test_a_receiver_that_cannot_be_reached_costs_one_attempt_and_keeps_nobody_else_waiting(receiver: Receiver) -> None:
    with receiving() as gone:
        away = gone.url
    endpoint(away)
    endpoint(receiver.url)
    for number in range(5):
        tell(number)
    jobs = work()
    assert [job.result["delivered"] for job in jobs] == [0, 5]
    assert len(receiver.got) == 5
    assert WebhookAttempt.objects.filter(status=None, error="connection_failed").count() == 1
    waiting = WebhookDelivery.objects.filter(state=DeliveryState.WAITING)
    assert waiting.count() == 5
    assert waiting.filter(due_at__gt=timezone.now()).count() == 5


@pytest.mark.usefixtures("in_workspace")
def test_a_redirect_is_no_success_and_leads_nowhere(receiver: Receiver) -> None:
    with receiving(status=302, headers={"Location": receiver.url}) as outer:
        endpoint(outer.url)
        tell(1)
        work()
        assert (len(outer.got), receiver.got) == (1, [])
    attempt = WebhookAttempt.objects.get()
    assert (attempt.status, attempt.response_headers["Location"]) == (302, receiver.url)
    assert states() == {"waiting": 1}


@pytest.mark.usefixtures("in_workspace")
def test_an_endpoint_that_fails_for_days_is_switched_off_with_a_notice_and_can_catch_up(
    member: Callable[..., User],
) -> None:
    member("owner")
    member("hr_lead")
    member("analyst")
    with receiving(status=500) as receiver:
        made, _secret = endpoint(receiver.url)
        begun = datetime(2026, 1, 5, tzinfo=UTC)
        with time_machine.travel(begun, tick=False) as clock:
            tell(1)
            work()
            clock.move_to(begun + timedelta(days=5, minutes=1))
            tell(2)
            work()
            made.refresh_from_db()
            assert (made.stopped, made.is_on) == (Stopped.FAILING, False)
            assert sorted(message.to[0] for message in mail.outbox) == ["hr_lead2@acme.test", "owner1@acme.test"]
            assert receiver.url in mail.outbox[0].body
            assert "webhook" in mail.outbox[0].subject.lower()
            tell(3)
            assert work() == []
            with pytest.raises(EndpointOff):
                send_test(made, actor_id=None, now=timezone.now())
            receiver.status = 204
            switch_on(made, now=timezone.now())
            made.refresh_from_db()
            assert replay_since(made, since=begun, now=timezone.now()) == 3
            work()
            assert states() == {"delivered": 3}
            assert [body["data"]["id"] for body in bodies(receiver)[-3:]] == [1, 2, 3]


@pytest.mark.usefixtures("in_workspace")
def test_gone_is_taken_at_its_word() -> None:
    with receiving(status=410) as receiver:
        made, _secret = endpoint(receiver.url)
        tell(1)
        tell(2)
        work()
        made.refresh_from_db()
        assert (made.stopped, len(receiver.got)) == (Stopped.GONE, 1)


@pytest.mark.usefixtures("in_workspace")
def test_one_delivery_is_replayed_under_its_id(receiver: Receiver) -> None:
    endpoint(receiver.url)
    tell(1)
    work()
    replay(WebhookDelivery.objects.get(), now=timezone.now())
    work()
    assert len(receiver.got) == 2
    assert len(set(receiver.ids())) == 1
    assert receiver.got[0].body == receiver.got[1].body


@pytest.mark.usefixtures("in_workspace")
def test_a_sender_killed_after_sending_sends_again_under_the_same_id_and_a_living_one_is_not_disturbed(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, _secret = endpoint(receiver.url)
    tell(1)
    monkeypatch.setattr("omnichannel.webhooks.services.sending._record", _die)
    with pytest.raises(KeyboardInterrupt):
        send_due(made.pk)
    monkeypatch.undo()
    now = timezone.now()
    assert send_due(made.pk)["delivered"] == 0  # another has it in hand as far as one can tell
    with time_machine.travel(now + timedelta(seconds=61), tick=False):
        assert send_due(made.pk)["delivered"] == 1
    assert len(receiver.got) == 2
    assert len(set(receiver.ids())) == 1


def _die(*_args: object, **_options: object) -> None:
    raise KeyboardInterrupt


KILLED = """
import django, os, signal
django.setup()
from django.conf import settings
settings.WEBHOOKS_LOCAL = True
settings.DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE"]
from django.db import connections
connections.databases["default"]["NAME"] = os.environ["TEST_DATABASE"]
from omnichannel.webhooks import tasks
from omnichannel.webhooks.services import sending
def killed(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
sending._record = killed
tasks.send_webhooks(workspace_id=int(os.environ["WS"]), job_id=int(os.environ["JOB"]))
"""


@pytest.mark.django_db(transaction=True)
def test_kill_9_between_the_send_and_its_record_loses_nothing(workspace: Workspace, receiver: Receiver) -> None:
    with workspace_scope(workspace.pk):
        endpoint(receiver.url)
        tell(1)
        job = Job.objects.get(kind=JobKind.SEND_WEBHOOKS)
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "omnichannel.settings", "WS": str(workspace.pk), "JOB": str(job.pk)}
    env["TEST_DATABASE"] = str(django_settings.DATABASES["default"]["NAME"])
    process = subprocess.run([sys.executable, "-c", KILLED], env=env, capture_output=True, text=True, timeout=60)
    assert process.returncode == -signal.SIGKILL, process.stderr
    assert len(receiver.got) == 1
    later = timezone.now() + timedelta(seconds=max(60, django_settings.JOB_LEASE_SECONDS) + 1)
    with time_machine.travel(later, tick=False):
        assert dispatch_round(now=timezone.now()) == 1
        tasks.send_webhooks(workspace_id=workspace.pk, job_id=job.pk)
        with workspace_scope(workspace.pk):
            assert states() == {"delivered": 1}
    assert len(receiver.got) == 2
    assert len(set(receiver.ids())) == 1


@pytest.mark.usefixtures("in_workspace")
def test_changes_of_the_organisation_are_told_by_ids_and_field_names(receiver: Receiver) -> None:
    endpoint(receiver.url, Topic.UNIT, Topic.PERSON, Topic.ASSIGNMENT)
    write_organisation()
    today = timezone.localdate()
    assert upsert_units([replace(UNITS[4], name="静安新店")], effective_on=today, actor_id=None).is_ok
    assert upsert_people(
        [replace(PEOPLE[2], display_name="王小红", monthly_cost=Decimal(9000))], effective_on=today, actor_id=None
    ).is_ok
    work()
    told = bodies(receiver)
    assert [body["type"] for body in told].count("organisation.unit.created") == len(UNITS)
    unit, person = told[-2], told[-1]
    assert (unit["type"], unit["data"]["id"], unit["data"]["fields"]) == (
        "organisation.unit.changed",
        "S0101",
        ["name"],
    )
    assert unit["data"]["effective_on"] == str(today)
    assert (person["type"], person["data"]["fields"]) == (
        "organisation.person.changed",
        ["display_name", "monthly_cost"],
    )
    text = json.dumps(told, ensure_ascii=False)
    assert not [secret for secret in ("王", "静安", "9000", "21000") if secret in text]


@pytest.mark.usefixtures("in_workspace")
def test_an_endpoint_that_may_have_values_gets_those_of_the_changed_fields_and_never_pay(receiver: Receiver) -> None:
    write_organisation()
    endpoint(receiver.url, Topic.PERSON, with_values=True)
    today = timezone.localdate()
    changed = replace(PEOPLE[2], display_name="王小红", monthly_cost=Decimal(9000))
    assert upsert_people([changed], effective_on=today, actor_id=None).is_ok
    work()
    (body,) = bodies(receiver)
    assert (body["data"]["before"], body["data"]["after"]) == ({"display_name": "王导购"}, {"display_name": "王小红"})


@pytest.mark.usefixtures("in_workspace")
def test_what_is_planned_is_told_on_its_day_and_a_leaver_not_before(
    receiver: Receiver, in_workspace: Workspace
) -> None:
    begun = datetime(2026, 6, 1, 4, tzinfo=UTC)
    Workspace.objects.filter(pk=in_workspace.pk).update(created_at=begun)
    with time_machine.travel(begun, tick=False) as clock:
        write_organisation()
        endpoint(receiver.url)
        day = DAY + timedelta(days=30)
        assert upsert_units([replace(UNITS[4], parent_external_id="R02")], effective_on=day, actor_id=None).is_ok
        assert upsert_people([replace(PEOPLE[4], left_on=day)], effective_on=DAY, actor_id=None).is_ok
        newcomer = PersonInput("E9", "S0102", day, "新人")
        assert upsert_people([newcomer], effective_on=DAY, actor_id=None).is_ok
        work()
        assert receiver.got == []
        clock.move_to(begun + timedelta(days=30))
        assert take_effect(now=timezone.now()) == 1
        work()
    told = {(body["type"], body["data"]["id"]): body["data"] for body in bodies(receiver)}
    assert set(told) == {
        ("organisation.unit.changed", "S0101"),
        ("organisation.person.removed", "E5"),
        ("organisation.assignment.removed", "E5/digital-guide/2024-05-01"),
        ("organisation.person.created", "E9"),
    }
    unit = told["organisation.unit.changed", "S0101"]
    assert (unit["fields"], unit["effective_on"], unit["was_planned"]) == (["parent"], str(day), True)


@pytest.mark.usefixtures("in_workspace")
def test_a_great_many_changes_are_told_in_one_event(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("roles.services.webhooks.MOST_TOLD", 5)
    endpoint(receiver.url, Topic.PERSON)
    write_organisation()
    work()
    first, *_others = bodies(receiver)
    assert (first["type"], first["data"]["counts"]) == (
        "organisation.bulk_changed",
        {"organisation.unit.created": len(UNITS)},
    )


@pytest.mark.usefixtures("in_workspace")
def test_old_events_go_with_their_log_and_new_ones_stay(receiver: Receiver) -> None:
    endpoint(receiver.url)
    with time_machine.travel(timezone.now() - timedelta(days=31), tick=False):
        tell(1)
    tell(2)
    work()
    sweep(now=timezone.now())
    assert [event.data["id"] for event in WebhookEvent.objects.all()] == [2]
    assert WebhookAttempt.objects.count() == 1


@pytest.mark.usefixtures("in_workspace")
def test_an_address_inside_is_refused_when_it_is_saved_and_when_a_name_leads_there(settings: Settings) -> None:
    settings.WEBHOOKS_LOCAL = False
    with pytest.raises(AddressRefused):
        endpoint("https://10.0.0.1/hook")
    made, _secret = endpoint("https://hooks.example.com/")
    WebhookEndpoint.objects.filter(pk=made.pk).update(url="https://127.0.0.1/")
    tell(1)
    work()
    assert WebhookAttempt.objects.get().error == "address_refused"


@pytest.mark.usefixtures("in_workspace")
def test_what_waits_while_an_endpoint_is_off_is_sent_when_it_is_on_again(receiver: Receiver) -> None:
    made, _secret = endpoint(receiver.url)
    tell(1)
    assert switch_off(made, why=Stopped.BY_HAND, now=timezone.now())
    work()
    assert receiver.got == []
    switch_on(made, now=timezone.now())
    work()
    assert len(receiver.got) == 1


@pytest.mark.usefixtures("in_workspace")
def test_a_secret_that_no_key_opens_ends_as_a_failed_delivery_that_says_so(
    receiver: Receiver, settings: Settings
) -> None:
    made, _secret = endpoint(receiver.url)
    tell(1)
    mine = settings.SEALING_KEYS
    settings.SEALING_KEYS = ("another key",)
    (job,) = work()
    assert (job.state, job.result["failed"], receiver.got) == (JobState.SUCCEEDED, 1, [])
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.last_error, delivery.attempts) == (DeliveryState.WAITING, "secret_unreadable", 1)
    assert WebhookAttempt.objects.get().detail.endswith("no key of SEALING_KEYS opens its secret")
    WebhookDelivery.objects.update(due_at=timezone.now(), attempts=len(RETRIES))
    assert send_due(made.pk)["failed"] == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.get_last_error_display() != "") == (DeliveryState.FAILED, True)
    settings.SEALING_KEYS = ("another key", *mine)
    replay(delivery, now=timezone.now())
    work()
    assert len(receiver.got) == 1


@pytest.mark.usefixtures("in_workspace")
def test_a_change_leaves_off_what_the_sender_has_switched_off_meanwhile() -> None:
    made, _secret = endpoint("https://hooks.example.com/")
    form = WebhookEndpoint.objects.get(pk=made.pk)
    assert switch_off(made, why=Stopped.FAILING, now=timezone.now())
    change_endpoint(form, url="https://hooks.example.com/new", topics=[Topic.UNIT], actor_id=None, with_values=True)
    kept = WebhookEndpoint.objects.get(pk=made.pk)
    assert (kept.stopped, kept.stopped_at is not None) == (Stopped.FAILING, True)
    assert (kept.url, kept.topics, kept.with_values) == ("https://hooks.example.com/new", [Topic.UNIT], True)


def test_the_pages_show_a_secret_once_and_every_attempt(
    signed_in: Callable[..., Client], in_workspace: Workspace, receiver: Receiver
) -> None:
    client = signed_in("hr_lead")
    base = "/w/acme/settings/webhooks/"
    assert client.get(base).status_code == 200
    form = {"url": "http:/nothing", "topics": ["organisation.unit"], "description": "试"}
    refused = client.post(f"{base}new/", form)
    assert refused.status_code == 422
    assert "试" in refused.content.decode()
    made = client.post(f"{base}new/", form | {"url": receiver.url}, follow=True)
    page = made.redirect_chain[-1][0]
    assert "whsec_" in made.content.decode()
    assert "whsec_" not in client.get(page).content.decode()
    sent = client.post(f"{page}test/")
    work()
    shown = client.get(sent["Location"]).content.decode()
    assert "webhook.test" in shown
    assert "webhook-signature" in shown
    fragment = client.get(sent["Location"], HTTP_HX_REQUEST="true").content.decode()
    assert "<html" not in fragment
    assert "whsec_" in client.post(f"{page}rotate/", follow=True).content.decode()
    assert client.post(f"{page}replay/", {"since": "nonsense"}).status_code == 422
    assert client.post(f"{page}replay/", {"since": "2026-01-01T00:00"}).status_code == 302
    client.post(f"{page}switch/")
    assert client.post(f"{page}test/").status_code == 302
    assert WebhookEndpoint.objects.get().stopped == Stopped.BY_HAND
    assert client.get(f"{page}?state=delivered&type=webhook.test").status_code == 200
    edited = client.post(f"{page}edit/", form | {"url": receiver.url, "with_values": "on"})
    assert edited.status_code == 302
    assert WebhookEndpoint.objects.get().values_allowed_by is not None
    assert client.post(f"{page}remove/", {"confirm": "other"}).status_code == 422
    assert client.post(f"{page}remove/", {"confirm": "127.0.0.1"}).status_code == 302
    assert WebhookEndpoint.objects.count() == 0
    for role in ("analyst", "executive"):
        assert signed_in(role).get(base).status_code == 403


def test_the_api_does_what_the_pages_do(
    api_client: Callable[..., APIClient], in_workspace: Workspace, receiver: Receiver
) -> None:
    client = api_client("hr_lead")
    base = "/api/v1/workspaces/acme/webhooks/"
    made = client.post(base, {"url": receiver.url, "topics": ["organisation.unit", "upload.loaded"]})
    assert (made.status_code, made.data["secret"][:6], made.data["is_on"]) == (201, "whsec_", True)
    one = f"{base}{made.data['id']}/"
    assert "secret" not in client.get(one).data
    bad = client.post(base, {"url": "gopher://x", "topics": [], "colour": "red"})
    assert bad.status_code == 422
    assert {issue["pointer"] for issue in bad.data["issues"]} == {"/colour"}
    assert {issue["pointer"] for issue in client.post(base, {"url": "gopher://x", "topics": []}).data["issues"]} == {
        "/url",
        "/topics",
    }
    test = client.post(f"{one}test/", HTTP_IDEMPOTENCY_KEY="k1")
    again = client.post(f"{one}test/", HTTP_IDEMPOTENCY_KEY="k1")
    assert (test.status_code, again.data["id"], again["Idempotent-Replayed"]) == (202, test.data["id"], "true")
    work()
    assert len(receiver.got) == 1
    listed = client.get(f"{one}deliveries/?state=delivered").data["results"]
    assert [each["type"] for each in listed] == ["webhook.test"]
    detail = client.get(f"{one}deliveries/{listed[0]['id']}/").data
    assert (detail["log"][0]["status"], detail["body"]["type"]) == (200, "webhook.test")
    assert client.post(f"{one}deliveries/{listed[0]['id']}/replay/").status_code == 202
    tell(1)
    assert client.post(f"{one}replay/", {"since": "2026-01-01T00:00:00Z"}).data == {"events": 1}
    assert client.post(f"{one}rotate/").data["secret"] != made.data["secret"]
    off = client.patch(one, {"is_on": False})
    assert (off.data["is_on"], off.data["stopped"]) == (False, "by_hand")
    assert client.post(f"{one}test/").status_code == 409
    assert client.patch(one, {"is_on": True, "description": "d"}).data["description"] == "d"
    assert [row["id"] for row in client.get(base).data["results"]] == [made.data["id"]]
    assert (client.delete(one).status_code, client.get(one).status_code) == (204, 404)
