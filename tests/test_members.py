"""The way in: sign-in by email, invitations, members, tokens — over HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from omnichannel.accounts.models import User
from omnichannel.workspaces.choices import MemberRole
from omnichannel.workspaces.errors import LastOwner
from omnichannel.workspaces.models import ApiToken, Membership, Workspace
from omnichannel.workspaces.services.members import change_member, remove_member
from tests.conftest import PASSWORD

MEMBERS = "/w/acme/settings/members/"


def test_the_start_page_is_public_and_offers_the_sign_in(db: None) -> None:
    answer = Client().get("/")
    assert answer.status_code == 200
    assert "/accounts/login/" in answer.content.decode()
    assert Client().get("/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize(("language", "word"), [("zh-CN,zh;q=0.9", "登录"), ("en-GB,en", "Sign in")])
def test_the_language_follows_the_browser_and_then_the_choice(language: str, word: str, db: None) -> None:
    client = Client(headers={"accept-language": language})
    assert word in client.get("/").content.decode()
    client.post("/language/", {"language": "en", "next": "/"})
    assert "Sign in" in client.get("/").content.decode()


def test_sign_in_by_email_in_any_case_and_sign_out(member: Callable[..., User]) -> None:
    user, client = member("owner"), Client()
    answer = client.post("/accounts/login/", {"login": user.email.upper(), "password": PASSWORD})
    assert answer.status_code == 302
    assert client.get(MEMBERS).status_code == 200
    client.post("/accounts/logout/")
    assert client.get(MEMBERS).status_code == 302


def test_sign_up_is_closed_without_an_invitation(db: None) -> None:
    client = Client()
    form = {"email": "x@y.test", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/accounts/signup/", form)
    assert not User.objects.exists()


def invite(client: Client, email: str, **fields: str) -> str:
    """Invite over the page; return the link's path."""
    page = client.post(MEMBERS, {"email": email, "role": "analyst", **fields}).content.decode()
    found = re.search(r"/invitations/[\w-]+/", page)
    assert found, page
    return found.group()


def test_an_invited_person_signs_up_joins_once_and_only_with_that_address(signed_in: Callable[..., Client]) -> None:
    link = invite(signed_in("owner"), "Lin@shop.test", unit_external_id="R01")
    client = Client()
    assert client.get(link).status_code == 200
    client.post("/accounts/signup/", {"email": "other@shop.test", "password1": PASSWORD, "password2": PASSWORD})
    assert not User.objects.filter(email="other@shop.test").exists()
    client.post("/accounts/signup/", {"email": "lin@shop.test", "password1": PASSWORD, "password2": PASSWORD})
    assert client.post(link).status_code == 302
    joined = Membership.objects.get(user__email="lin@shop.test")
    assert (joined.role, joined.unit_external_id) == (MemberRole.ANALYST, "R01")
    assert client.post(link).status_code == 409


def test_an_invitation_ends_after_its_days_and_shows_only_a_digest_in_the_database(
    signed_in: Callable[..., Client], workspace: Workspace
) -> None:
    link = invite(signed_in("owner"), "late@shop.test")
    assert link.split("/")[2] not in workspace.invitations.get().digest
    with time_machine.travel(timezone.now() + timedelta(days=15), tick=False):
        assert Client().get(link).status_code == 409


def test_the_last_owner_stays(workspace: Workspace, member: Callable[..., User]) -> None:
    member("owner")
    only = Membership.objects.get()
    with pytest.raises(LastOwner):
        remove_member(only)
    with pytest.raises(LastOwner):
        change_member(only, role=MemberRole.GUIDE)
    member("owner")
    change_member(only, role=MemberRole.GUIDE)
    assert Membership.objects.get(pk=only.pk).role == MemberRole.GUIDE


def test_a_token_is_shown_once_kept_as_a_digest_and_ends_with_the_membership(
    signed_in: Callable[..., Client], workspace: Workspace
) -> None:
    client = signed_in("hr_lead")
    page = client.post("/w/acme/settings/tokens/", {"name": "HRIS", "scope": "read"}).content.decode()
    secret = re.search(r"omni_[0-9a-f]+", page)
    assert secret
    token = ApiToken.objects.get()
    assert secret.group() not in client.get("/w/acme/settings/tokens/").content.decode()
    assert secret.group() not in token.digest
    headers = {"authorization": f"Token {secret.group()}"}
    assert Client(headers=headers).get("/api/v1/workspaces/acme/units/").status_code == 200
    token.refresh_from_db()
    assert token.last_used_at is not None
    remove_member(Membership.objects.get())
    assert Client(headers=headers).get("/api/v1/workspaces/acme/units/").status_code == 401


def test_every_page_carries_the_strict_policy_and_is_not_stored(signed_in: Callable[..., Client]) -> None:
    answer = signed_in("owner").get(MEMBERS)
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer["Cache-Control"] == "no-store"
    assert "style=" not in answer.content.decode()
    assert not re.search(r"<script(?![^>]*(src=|type=\"application/json\"))", answer.content.decode())
