"""Writing the workspace's roles over REST: own texts, added roles, hiding, merging, restoring, and their history."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from roles.api.reading import Fault, fault, refuse
from roles.api.requests import IF_MATCH, KNOWN_TAG, condition_of
from roles.api.role_shapes import (
    MergeShape,
    NewRoleShape,
    RestoreShape,
    RoleChangeShape,
    RoleTextsPatch,
    RoleTextsShape,
    read_body,
)
from roles.api.talent import RolesView
from roles.api.versions import versioned
from roles.errors import RoleRefused, StaleVersion, UnknownRole, VersionRequired
from roles.queries.role_changes import RoleEvent, RoleStand, role_events, role_stand
from roles.role_texts import content_of
from roles.services.library import (
    add_role,
    hide_role,
    merge_library,
    restore_library,
    restore_state,
    save_role,
)

KEY = OpenApiParameter("key", str, OpenApiParameter.PATH, description="The role, such as `user-ops`.")
TAGS = ["roles"]
EXAMPLE_LINK = {"zh": "陈列素材", "en": "Display material"}
EXAMPLE_DUTY = {"zh": "每周复盘社群活跃", "en": "Reviews community activity every week"}


class RolesWriteView(RolesView):
    """All roles, and adding one."""

    @extend_schema(
        operation_id="roles_add",
        parameters=[IDEMPOTENCY_KEY],
        request=NewRoleShape,
        responses={201: RoleTextsShape},
        examples=[
            OpenApiExample(
                "A role of one's own",
                value={
                    "names": {"zh": "陈列主管", "en": "Visual Merchandising Lead"},
                    "kind": "collaborating",
                    "position": "amplifier",
                    "definition": {"zh": "门店与线上的陈列", "en": "Displays in stores and online"},
                    "duties": [{"zh": "制定陈列标准", "en": "Sets display standards"}],
                    "abilities": [{"zh": "陈列设计", "en": "Display design"}],
                    "kpis": ["nps"],
                    "expectations": {"market-led": "shared"},
                    "links": [{"way": "out", "role": "content-marketing", "what": EXAMPLE_LINK}],
                },
                request_only=True,
            )
        ],
        summary="Add a role",
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """A role of the workspace's own. It can be held at once; its KPIs weigh equally until others are set."""
        body = read_body(NewRoleShape, request.data)
        note, key = body.pop("note", ""), body.pop("key", "")
        row = _told(lambda: add_role(body, key=key, note=note, actor_id=access_of(request).user_id))
        return _answer(request, row.role_key, status=201)


class RoleTextsView(WorkspaceAPIMixin, APIView):
    """One role's texts, beside the library's."""

    @extend_schema(
        operation_id="role_texts_read",
        parameters=[KEY, KNOWN_TAG],
        responses={200: RoleTextsShape, 304: None},
        summary="Read a role's texts and what waits to be merged",
        tags=TAGS,
    )
    def get(self, request: Request, slug: str, key: str) -> Response:
        """The texts that hold, the library's of the fields worded here, and what waits for a choice; with its ETag."""
        document = _document(_stand(key))
        return versioned(document, request, names=document)

    @extend_schema(
        operation_id="role_texts_change",
        parameters=[KEY, IF_MATCH, IDEMPOTENCY_KEY],
        request=RoleTextsPatch,
        responses=RoleTextsShape,
        examples=[
            OpenApiExample("A new name", value={"names": {"zh": "会员增长", "en": "Member Growth"}}, request_only=True)
        ],
        summary="Word, hide or show a role",
        tags=TAGS,
    )
    @idempotent
    def patch(self, request: Request, slug: str, key: str) -> Response:
        """The fields given become the workspace's own text; of lists the library's later additions still flow in."""
        body = read_body(RoleTextsPatch, request.data)
        actor, seen = access_of(request).user_id, _seen(request, _stand(key))
        note, hidden = body.pop("note", ""), body.pop("is_hidden", None)

        @transaction.atomic
        def write() -> None:
            if body:
                save_role(key, body, note=note, actor_id=actor, seen=seen)
            if hidden is not None:
                hide_role(key, hidden=hidden, note=note, actor_id=actor, seen=None if body else seen)

        _told(write)
        return _answer(request, key)


class RoleRestoreView(WorkspaceAPIMixin, APIView):
    """Bringing texts of a role back."""

    @extend_schema(
        operation_id="role_texts_restore",
        parameters=[KEY, IF_MATCH, IDEMPOTENCY_KEY],
        request=RestoreShape,
        responses=RoleTextsShape,
        examples=[OpenApiExample("One field as in the library", value={"field": "names"}, request_only=True)],
        summary="Restore a role's texts",
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Request, slug: str, key: str) -> Response:
        """The library's text of one field, or of all with an empty body, or what held after change `number`."""
        body = read_body(RestoreShape, request.data)
        if {"field", "number"} <= body.keys():
            refuse([fault("/field", "told_twice", _("Name a field or a change, not both."))])
        actor, seen = access_of(request).user_id, _seen(request, _stand(key))
        if "number" in body:
            _told(lambda: restore_state(key, body["number"], actor_id=actor, seen=seen))
        else:
            _told(lambda: restore_library(key, field=body.get("field", ""), actor_id=actor, seen=seen))
        return _answer(request, key)


class RoleMergeView(WorkspaceAPIMixin, APIView):
    """Settling what the library has changed since."""

    @extend_schema(
        operation_id="role_texts_merge",
        parameters=[KEY, IF_MATCH, IDEMPOTENCY_KEY],
        request=MergeShape,
        responses=RoleTextsShape,
        examples=[OpenApiExample("Both lists", value={"choices": {"duties": "both"}}, request_only=True)],
        summary="Merge the library's new text",
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Request, slug: str, key: str) -> Response:
        """Per field that waits: `mine`, `library` or `both`, as `pending` offers."""
        choices = read_body(MergeShape, request.data)["choices"]
        actor, seen = access_of(request).user_id, _seen(request, _stand(key))
        _told(lambda: merge_library(key, choices, actor_id=actor, seen=seen))
        return _answer(request, key)


class RoleHistoryView(WorkspaceAPIMixin, APIView):
    """Every change of a role."""

    @extend_schema(
        operation_id="role_texts_history",
        parameters=[KEY],
        responses=RoleChangeShape(many=True),
        summary="List the changes of a role",
        tags=TAGS,
    )
    def get(self, request: Request, slug: str, key: str) -> Response:
        """Who changed what and why, newest first, with the fields that differ before and after."""
        _stand(key)
        return Response([_change(event) for event in role_events(key)])


def _stand(key: str) -> RoleStand:
    stand = role_stand(key)
    if stand is None:
        raise Http404
    return stand


def _seen(request: Request, stand: RoleStand) -> int:
    """Return the version that the caller has read; VersionRequired without one, StaleVersion for an older one."""
    said, key = condition_of(request), stand.role.key.value
    if said.is_new or (said.revisions is not None and stand.last not in said.revisions):
        raise StaleVersion(key, stand.last)
    if said.revisions is None and not said.is_there:
        raise VersionRequired(key)
    return stand.last


def _told(write: Any) -> Any:
    """Write; what is refused is told by its fields."""
    try:
        return write()
    except RoleRefused as error:
        faults: list[Fault] = [
            {"pointer": "/" + field.replace(".", "/"), "code": code, "message": message}
            for field, code, message in error.issues
        ]
        return refuse(faults)
    except UnknownRole as error:
        raise Http404 from error


def _answer(request: Request, key: str, *, status: int = 200) -> Response:
    stand = role_stand(key)
    if stand is None:  # an added role that has been taken back
        return Response(status=204)
    document = _document(stand)
    answer = versioned(document, request, names=document)
    answer.status_code = status
    return answer


def _document(stand: RoleStand) -> dict[str, Any]:
    library = content_of(stand.library) if stand.library else {}
    role = stand.role
    return {
        "key": role.key.value,
        "kind": role.kind.value,
        **content_of(role),
        "expectations": dict(stand.expectations) if role.is_own else None,
        "links": list(stand.links) if role.is_own else None,
        "is_own": role.is_own,
        "is_hidden": role.is_hidden,
        "library": {field: library[field] for field in library if field in role.changed},
        "pending": [
            {
                "field": each.field,
                "base": each.base,
                "mine": each.mine,
                "library": each.library,
                "choices": [choice.value for choice in each.choices],
            }
            for each in stand.pending
        ],
        "revision": stand.last,
    }


def _change(event: RoleEvent) -> dict[str, Any]:
    before, after = event.before or {}, event.after or {}
    fields = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {
        "number": event.number,
        "action": event.action.value,
        "at": event.at,
        "author": event.author,
        "note": event.note,
        "before": {name: before.get(name) for name in fields} if event.before is not None else None,
        "after": {name: after.get(name) for name in fields} if event.after is not None else None,
    }
