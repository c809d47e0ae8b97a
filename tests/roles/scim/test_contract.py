"""The library's contract of a storage, kept by the organisation; and filters, answered as its evaluator would."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from scim2_models import ResourceType, ScimProvider
from scim2_server.testing import ENTERPRISE, SEARCH_FILTERS, SEARCH_SORTS, SEARCH_USERS, ScimStorageContract

from omnichannel.accounts.models import User
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.models import Workspace
from roles.choices import OrgSource, Thing
from roles.scim.provider import scim_service
from roles.scim.storage import OrganisationStorage, Writer
from roles.services.ending import end
from roles.services.sync import revision
from tests.roles.organisation import write_organisation

USER_FILTERS = [
    *SEARCH_FILTERS,
    'userName eq "E3"', 'userName ne "e3"', 'userName sw "E"', "externalId pr", 'externalId eq "given"',
    'externalId ne "given"', 'externalId sw "gi"', 'externalId co "VE"', "not (externalId pr)", "active ne false",
    'id eq "nobody"', 'id ne "nobody"', "displayName pr", 'displayName eq "王导购"', "groups pr",
    'meta.lastModified gt "2026-01-01T00:00:00Z"', 'meta.lastModified le "2026-01-01T00:00:00Z"',
    'not (meta.lastModified ge "2026-01-01T00:00:00Z")', f'{ENTERPRISE}:department eq "上海静安店"',
    f"{ENTERPRISE}:manager pr", f'{ENTERPRISE}:employeeNumber sw "E"', 'emails[type eq "work"]', 'title co "\\""',
]  # fmt: skip
GROUP_FILTERS = [
    'displayName eq "华东大区"', 'displayName eq "no such"', 'displayName sw "华"', "members pr", "not (members pr)",
    'externalId eq "D-1"', "externalId pr", 'displayName ne "华东大区"', 'members.value eq "nobody"',
    'meta.lastModified gt "2026-01-01T00:00:00Z"', 'not (displayName eq "华东大区")',
]  # fmt: skip


class TestOrganisationStorage(ScimStorageContract):
    """Every test of the contract, inside one open revision."""

    @pytest.fixture
    def provider(self) -> Iterator[ScimProvider]:
        """The service as we announce it."""
        with scim_service().provider as provider:
            yield provider

    @pytest.fixture
    def storage(self, in_workspace: Workspace, member: Callable[..., User]) -> Iterator[OrganisationStorage]:
        """An empty organisation."""
        actor = member("owner")
        with revision(actor_id=actor.pk, source=OrgSource.SCIM) as recorder:
            yield OrganisationStorage(Writer(actor.pk, today_in(in_workspace), recorder.at))

    def test_search_at_the_root(
        self, storage: Any, user_type: ResourceType, group_type: ResourceType, user_model: Any, group_model: Any
    ) -> None:
        """The first group brings the root of the organisation with it, which is a group as well."""
        (user,) = self.create_users(storage, user_type, user_model, "bjensen")
        group = storage.create(group_type, group_model(display_name="admins"))
        page = self.search(storage, [user_type, group_type], self.search_request([user_model, group_model]))
        assert page.total == 3
        assert {user.id, group.id} < {one.id for one in page.resources}

    def test_search_filters_as_the_filter_evaluator(  # type: ignore[override]
        self,
        storage: OrganisationStorage,
        user_type: ResourceType,
        group_type: ResourceType,
        user_model: Any,
        group_model: Any,
    ) -> None:
        """Users of SCIM and of other doors, some gone: each filter, and mixtures, keep whom the evaluator keeps."""
        self.fill(storage, user_type, user_model)
        chance = random.Random(7)
        for kind, model, filters in ((user_type, user_model, USER_FILTERS), (group_type, group_model, GROUP_FILTERS)):
            everyone = self.search(storage, [kind], self.search_request([model])).resources
            assert len(everyone) >= 7
            ids = [f'id eq "{one.id}"' for one in everyone[:2]]
            asked = [*filters, *ids, *(mixed(chance, filters) for _time in range(60))]
            for text in asked:
                request = self.search_request([model], filter=text)
                page = self.search(storage, [kind], request)
                assert request.filter is not None
                expected = [one.id for one in everyone if request.filter.match(one)]
                assert (page.total, [one.id for one in page.resources]) == (len(expected), expected), text

    def test_search_sorts_as_search_request_sort(  # type: ignore[override]
        self, storage: OrganisationStorage, user_type: ResourceType, user_model: Any
    ) -> None:
        """A sorted search orders the resources as the library does."""
        self.fill(storage, user_type, user_model)
        everyone = self.search(storage, [user_type], self.search_request([user_model])).resources
        for sort_by in SEARCH_SORTS:
            for sort_order in ("ascending", "descending"):
                request = self.search_request([user_model], sort_by=sort_by, sort_order=sort_order)
                page = self.search(storage, [user_type], request)
                found = [request.sort_value(one) for one in page.resources]
                assert found == [request.sort_value(one) for one in request.sort(everyone)], (sort_by, sort_order)

    def fill(self, storage: OrganisationStorage, user_type: ResourceType, user_model: Any) -> None:
        """Let people come through several doors, and some leave."""
        write_organisation()
        for user in SEARCH_USERS:
            storage.create(user_type, user_model.model_validate(user))
        storage.create(user_type, user_model(user_name="given@x.cn", external_id="given", title='a "quoted" title'))
        self.search(storage, [user_type], self.search_request([user_model]))
        day = storage.writer.day - timedelta(days=1)
        assert end(Thing.PEOPLE, "E4", on=day, hand_over=True, actor_id=storage.writer.actor_id).is_ok


def mixed(chance: random.Random, filters: list[str]) -> str:
    """Join filters by and, or and not."""
    parts = [f"({one})" if chance.random() < 0.7 else f"not ({one})" for one in chance.sample(filters, 3)]
    return f"{parts[0]} {chance.choice(('and', 'or'))} ({parts[1]} {chance.choice(('and', 'or'))} {parts[2]})"
