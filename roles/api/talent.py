"""The talent map over REST: the workspace's roles in both languages, and what they hand to each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.core.http import refuse_unknown_words
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from roles.api.requests import AS_OF, KNOWN_AT, clocks_of
from roles.catalogue import RoleKey, RoleKind, RoleLink, SubtypeKey
from roles.coverage import Cover
from roles.map_choice import MapChoice, Way, chosen_links, chosen_roles, read_choice
from roles.models import as_known
from roles.queries.library import role_library
from roles.queries.people import role_covers
from roles.queries.titles import roles_called
from roles.role_texts import EffectiveRole, RoleLibrary

Q = OpenApiParameter(
    "q",
    str,
    description=(
        "Only roles that go by this title, best fit first: a name, a market title in either language, pinyin or its "
        "initials, or a title that the workspace has mapped. Case, width and spacing do not matter."
    ),
)
PLACE = OpenApiParameter("place", str, description="Only roles at this place in the map, such as `brain`.")
SUBTYPE = OpenApiParameter(
    "subtype",
    str,
    enum=[key.value for key in SubtypeKey],
    description="Only roles of which the sub-type expects a holder, dedicated or shared.",
)
WAY = OpenApiParameter(
    "way", str, enum=[way.value for way in Way], description="Links out of, into, or both ways of the roles chosen."
)
ROLE_KINDS = [kind.value for kind in RoleKind]
ROLE = OpenApiParameter("role", str, many=True, description="Only links of this role; may be repeated.")


class NamesShape(serializers.Serializer[Any]):
    """A text in both languages."""

    zh = serializers.CharField()
    en = serializers.CharField()


class TitlesShape(serializers.Serializer[Any]):
    """Other titles of a role in each language."""

    zh = serializers.ListField(child=serializers.CharField())
    en = serializers.ListField(child=serializers.CharField())


class RoleShape(serializers.Serializer[Any]):
    """A role as the workspace has it."""

    key = serializers.CharField()
    kind = serializers.ChoiceField(ROLE_KINDS)
    names = NamesShape()
    aliases = TitlesShape()
    definition = NamesShape()
    position = serializers.CharField(help_text="The place in the map.")
    duties = NamesShape(many=True)
    abilities = NamesShape(many=True)
    kpis = serializers.ListField(child=serializers.CharField())
    expectations = serializers.DictField(
        child=serializers.CharField(), help_text="By sub-type: `core`, `shared` or `optional`."
    )
    links_in = serializers.IntegerField()
    links_out = serializers.IntegerField()
    people = serializers.IntegerField(help_text="Holders on the day within your bounds.")
    fte = serializers.CharField(help_text="Sum of share of time x FTE of the person.")
    is_own = serializers.BooleanField(help_text="Added by the workspace.")
    is_hidden = serializers.BooleanField()
    changed = serializers.ListField(child=serializers.CharField(), help_text="Fields with the workspace's own text.")
    sources = serializers.DictField(child=serializers.CharField(), help_text="Where each text comes from.")
    found_by = serializers.CharField(allow_blank=True, help_text="The title that `q` has found.")


class RoleLinkShape(serializers.Serializer[Any]):
    """What one role hands to another."""

    from_role = serializers.CharField()
    to_role = serializers.CharField()
    names = NamesShape(help_text="What is handed over.")
    source = serializers.CharField()  # type: ignore[assignment]  # DRF takes declared fields off the class


class RolesView(WorkspaceAPIMixin, APIView):
    """All roles."""

    @extend_schema(
        operation_id="roles_list",
        parameters=[Q, PLACE, SUBTYPE, AS_OF, KNOWN_AT],
        responses=RoleShape(many=True),
        summary="List the roles of the talent map",
        tags=["roles"],
    )
    def get(self, request: Request, slug: str) -> Response:
        """The 12 roles of the library as the workspace has them, and those it has added; hidden ones are left out."""
        refuse_unknown_words(request, [SUBTYPE])
        library, covers = role_library(), _covers(request)
        words = request.query_params.get("q", "").strip()
        about = chosen_roles(library.catalogue, _choice(request, library), [role.key for role in library.offered])
        found = {RoleKey(one.role): one.title for one in roles_called(words)} if words else dict.fromkeys(about, "")
        order = found if words else library.roles
        return Response(
            [_role(library.roles[key], library, covers, found_by=found[key]) for key in order if key in about]
        )


class RoleView(WorkspaceAPIMixin, APIView):
    """One role."""

    @extend_schema(
        operation_id="roles_read",
        parameters=[
            OpenApiParameter("key", str, OpenApiParameter.PATH, description="The role, such as `user-ops`."),
            AS_OF,
            KNOWN_AT,
        ],
        responses=RoleShape,
        summary="Read one role",
        tags=["roles"],
    )
    def get(self, request: Request, slug: str, key: str) -> Response:
        """The role as the workspace has it, a hidden one as well."""
        library = role_library()
        role = next((role for known, role in library.roles.items() if known.value == key), None)
        if role is None:
            raise Http404
        return Response(_role(role, library, _covers(request), found_by=""))


class RoleLinksView(WorkspaceAPIMixin, APIView):
    """All links."""

    @extend_schema(
        operation_id="role_links_list",
        parameters=[ROLE, PLACE, SUBTYPE, WAY],
        responses=RoleLinkShape(many=True),
        examples=[
            OpenApiExample(
                "One link",
                value={
                    "from_role": "data-analysis",
                    "to_role": "user-ops",
                    "names": {"zh": "用户画像与分层", "en": "profiles and segments"},
                    "source": "001",
                },
                response_only=True,
            )
        ],
        summary="List what the roles hand to each other",
        tags=["roles"],
    )
    def get(self, request: Request, slug: str) -> Response:
        """The links of the roles chosen; all 53 of the library when nothing is chosen and no role is hidden."""
        refuse_unknown_words(request, [SUBTYPE, WAY])
        library = role_library()
        links = chosen_links(library.catalogue, _choice(request, library), [role.key for role in library.offered])
        return Response([_link(link) for link in links])


def _choice(request: Request, library: RoleLibrary) -> MapChoice:
    """Read the choice; a role that is not known is refused, since it would silently mean all."""
    asked, known = request.query_params, {role.key: role for role in library.roles.values()}
    words = {name: asked.get(name, "") for name in ("place", "subtype", "way")}
    choice = read_choice(asked.getlist("role"), **words, known=known)
    unknown = sorted(set(asked.getlist("role")) - {key.value for key in choice.roles})
    if unknown:
        raise serializers.ValidationError({"role": [f"There is no role {unknown[0][:40]} here."]})
    if words["place"] and not choice.place:
        raise serializers.ValidationError({"place": [f"There is no place {words['place'][:40]} here."]})
    return choice


def _covers(request: Request) -> Mapping[RoleKey, Cover]:
    access, clocks = access_of(request), clocks_of(request)
    with as_known(clocks.known_at):
        return role_covers(as_of=clocks.as_of, within=access.own_unit, person=access.own_person)


def _role(
    role: EffectiveRole, library: RoleLibrary, covers: Mapping[RoleKey, Cover], *, found_by: str
) -> dict[str, Any]:
    catalogue, cover = library.catalogue, covers.get(role.key, Cover())
    return {
        "key": role.key.value,
        "kind": role.kind.value,
        "names": role.names.as_json(),
        "aliases": {"zh": list(role.aliases.zh), "en": list(role.aliases.en)},
        "definition": role.definition.as_json(),
        "position": role.position,
        "duties": [each.as_json() for each in role.duties],
        "abilities": [each.as_json() for each in role.abilities],
        "kpis": list(role.kpis),
        "expectations": {key.value: catalogue.expected(role.key, key).value for key in SubtypeKey},
        "links_in": len(catalogue.links_to(role.key)),
        "links_out": len(catalogue.links_from(role.key)),
        "people": cover.people,
        "fte": str(cover.fte),
        "is_own": role.is_own,
        "is_hidden": role.is_hidden,
        "changed": sorted(role.changed),
        "sources": dict(role.source),
        "found_by": found_by,
    }


def _link(link: RoleLink) -> dict[str, Any]:
    return {
        "from_role": link.from_role.value,
        "to_role": link.to_role.value,
        "names": link.names.as_json(),
        "source": link.source,
    }
