"""The library's contract of a storage, kept by the organisation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from scim2_models import ResourceType, ScimProvider
from scim2_server.testing import ScimStorageContract

from omnichannel.accounts.models import User
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.models import Workspace
from roles.choices import OrgSource
from roles.scim.provider import scim_service
from roles.scim.storage import OrganisationStorage, Writer
from roles.services.sync import revision


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
