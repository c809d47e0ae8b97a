"""A new workspace: every page of talent that has nothing to show says what to do next and leads there."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from omnichannel.workspaces.models import Workspace

ORGANISATION = "/w/acme/organisation/"
NEXT = {
    "": ORGANISATION, "competence/": ORGANISATION, "pools/": ORGANISATION, "key-people/": ORGANISATION,
    "vacancies/": ORGANISATION, "headcount/": ORGANISATION, "headcount/plans/": "/w/acme/talent/headcount/plans/new/",
    "budget/": "/w/acme/data/", "training/courses/": "/w/acme/talent/training/courses/new/",
    "training/certificates/": "/w/acme/talent/training/certificates/new/", "pay/": "/w/acme/talent/pay/bands/",
}  # fmt: skip
CLAIMS = ("Every core role has a successor", "every planned seat is taken", "No core role hangs on one person")


@pytest.mark.parametrize("page", NEXT)
def test_a_page_without_anything_leads_to_the_next_step_and_claims_nothing(
    page: str, workspace: Workspace, signed_in: Callable[..., Client]
) -> None:
    answer = signed_in("hr_lead").get(f"/w/acme/talent/{page}", headers={"accept-language": "en"})
    main = re.sub(r"^.*<main", "", answer.content.decode(), flags=re.S)
    assert f'href="{NEXT[page]}"' in main
    assert not [claim for claim in CLAIMS if claim in main]
