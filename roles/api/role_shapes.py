"""Bodies and answers of the roles' API. The fields are strict about types; what texts have to be, the service says."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework import serializers

from roles.api.fields import FlagField, ReadField, Refused, TextField, WordField
from roles.api.reading import Fault, Row, reader_of, refuse
from roles.api.shapes import ClosedShape
from roles.catalogue import OWN_ROLE_SHAPE, ExpectationLevel, RoleKind, SubtypeKey
from roles.choices import RoleAction
from roles.role_merge import LANGUAGES, Choice
from roles.role_texts import FIELDS
from roles.services.role_checks import WAYS

MOST = 2000
MOST_ITEMS = 100
TEXT = {"type": "string", "maxLength": MOST}
BOTH = {
    "type": "object",
    "required": list(LANGUAGES),
    "properties": dict.fromkeys(LANGUAGES, TEXT),
    "additionalProperties": False,
}
WORDS = {"type": "array", "items": TEXT, "maxItems": MOST_ITEMS}
_text = TextField(most=MOST).read


def _both(value: Any, read: Any) -> dict[str, Any]:
    if type(value) is not dict or set(value) != set(LANGUAGES):
        raise Refused("not_both_languages", _("An object with zh and en is expected, and nothing else."))
    return {code: read(value[code]) for code in LANGUAGES}


def _link(value: Any) -> dict[str, Any]:
    if type(value) is not dict or set(value) != {"way", "role", "what"}:
        raise Refused("not_an_object", _("An object with way, role and what is expected, and nothing else."))
    return {"way": _text(value["way"]), "role": _text(value["role"]), "what": _both(value["what"], _text)}


def _list(value: Any, read: Any) -> list[Any]:
    if type(value) is not list:
        raise Refused("not_a_list", _("A list is expected."))
    if len(value) > MOST_ITEMS:
        raise Refused("too_many", _("At most %(most)s are kept here.") % {"most": MOST_ITEMS})
    return [read(each) for each in value]


class BothField(ReadField):
    """A text in both languages."""

    schema: ClassVar = BOTH

    def read(self, value: Any) -> dict[str, str]:
        """Take an object of two texts."""
        return _both(value, _text)


class BothListField(ReadField):
    """A list of texts in both languages."""

    schema: ClassVar = {"type": "array", "items": BOTH, "maxItems": MOST_ITEMS}

    def read(self, value: Any) -> list[dict[str, str]]:
        """Take a list of objects of two texts."""
        return _list(value, lambda each: _both(each, _text))


class TitlesField(ReadField):
    """A list of titles in each language."""

    schema: ClassVar = {**BOTH, "properties": dict.fromkeys(LANGUAGES, WORDS)}

    def read(self, value: Any) -> dict[str, list[str]]:
        """Take an object of two lists of texts."""
        return _both(value, lambda each: _list(each, _text))


class WordsField(ReadField):
    """A list of ids."""

    schema: ClassVar = WORDS

    def read(self, value: Any) -> list[str]:
        """Take a list of texts."""
        return _list(value, _text)


class LevelsField(ReadField):
    """What each sub-type expects."""

    schema: ClassVar = {
        "type": "object",
        "properties": {
            key.value: {"type": "string", "enum": [level.value for level in ExpectationLevel]} for key in SubtypeKey
        },
        "additionalProperties": False,
    }

    def read(self, value: Any) -> dict[str, str]:
        """Take an object of texts; the service knows which there are."""
        if type(value) is not dict:
            raise Refused("not_an_object", _("An object is expected."))
        return {str(key): _text(level) for key, level in value.items()}


class LinksField(ReadField):
    """What a role receives and hands on."""

    schema: ClassVar = {
        "type": "array",
        "maxItems": MOST_ITEMS,
        "items": {
            "type": "object",
            "required": ["way", "role", "what"],
            "properties": {"way": {"type": "string", "enum": list(WAYS)}, "role": TEXT, "what": BOTH},
            "additionalProperties": False,
        },
    }

    def read(self, value: Any) -> list[dict[str, Any]]:
        """Take a list of objects; the service knows which roles there are."""
        return _list(value, _link)


class ChoicesField(ReadField):
    """A choice per field."""

    schema: ClassVar = {
        "type": "object",
        "minProperties": 1,
        "properties": {field: {"type": "string", "enum": [each.value for each in Choice]} for field in FIELDS},
        "additionalProperties": False,
    }

    def read(self, value: Any) -> dict[str, Choice]:
        """Take an object of choices."""
        allowed = [each.value for each in Choice]
        if type(value) is not dict or not value or any(field not in FIELDS for field in value):
            raise Refused("not_an_object", _("An object of fields is expected: %(f)s.") % {"f": ", ".join(FIELDS)})
        for choice in value.values():
            if choice not in allowed:
                message = _("%(value)s is not known. Use one of: %(allowed)s.")
                raise Refused("unknown_choice", message % {"value": str(choice)[:40], "allowed": ", ".join(allowed)})
        return {field: Choice(choice) for field, choice in value.items()}


class NumberField(ReadField):
    """The number of a change; 0 is before the first."""

    schema: ClassVar = {"type": "integer", "minimum": 0, "maximum": 1_000_000}

    def read(self, value: Any) -> int:
        """Take a JSON integer."""
        if type(value) is not int or not 0 <= value <= 1_000_000:
            raise Refused("not_an_integer", _("A whole number is expected."))
        return value


class RoleTextsPatch(ClosedShape):
    """What may be changed of a role."""

    names = BothField(required=False, help_text="What it is called.")
    aliases = TitlesField(required=False, help_text="Other titles of it.")
    definition = BothField(required=False, help_text="What it is, in one sentence.")
    position = TextField(most=40, required=False, help_text="The place in the map, such as `brain`.")
    duties = BothListField(required=False, help_text="All duties; the library's later additions still flow in.")
    abilities = BothListField(required=False, help_text="All abilities.")
    kpis = WordsField(required=False, help_text="Ids of KPIs of the library or of your own.")
    kind = WordField([kind.value for kind in RoleKind], required=False, help_text="Only of an added role.")
    expectations = LevelsField(required=False, help_text="Only of an added role; what is left out is optional.")
    links = LinksField(required=False, help_text="Only of an added role: what it receives (`in`) and hands on (`out`).")
    is_hidden = FlagField(required=False, help_text="True takes it out of pickers and the map.")
    note = TextField(most=400, required=False, help_text="Why.")


class NewRoleShape(ClosedShape):
    """A role of the workspace's own."""

    key = TextField(
        most=40, required=False, help_text=f"Shaped `{OWN_ROLE_SHAPE}`; made from the English name when left out."
    )
    names = BothField(help_text="What it is called.")
    kind = WordField([kind.value for kind in RoleKind], help_text="Whether it leads or collaborates.")
    position = TextField(most=40, help_text="The place in the map, such as `brain`.")
    definition = BothField(help_text="What it is, in one sentence.")
    duties = BothListField(help_text="What it does.")
    abilities = BothListField(help_text="What it takes.")
    kpis = WordsField(help_text="Ids of KPIs of the library or of your own.")
    aliases = TitlesField(required=False, help_text="Other titles of it.")
    expectations = LevelsField(required=False, help_text="By sub-type; what is left out is optional.")
    links = LinksField(required=False, help_text="What it receives (`in`) and hands on (`out`).")
    note = TextField(most=400, required=False, help_text="Why.")


class RestoreShape(ClosedShape):
    """What to bring back: a field's library text, all library texts (empty), or the state after a change."""

    field = TextField(most=40, required=False, help_text="Only this field.")
    number = NumberField(required=False, help_text="What held after this change; 0 is before the first.")


class MergeShape(ClosedShape):
    """What holds per field that waits."""

    choices = ChoicesField(help_text="`mine`, `library` or `both` by field.")


class PendingShape(serializers.Serializer[Any]):
    """A field whose library text has changed since the own text was made."""

    field = serializers.ChoiceField(FIELDS, help_text="The field.")  # type: ignore[assignment]
    base = serializers.JSONField(help_text="The library's text that the own one was made from.")
    mine = serializers.JSONField(help_text="The own text.")
    library = serializers.JSONField(help_text="The library's text now.")
    choices = serializers.ListField(child=serializers.CharField(), help_text="What may be chosen.")


class RoleTextsShape(serializers.Serializer[Any]):
    """A role's texts beside the library's."""

    key = serializers.CharField(help_text="The role.")
    kind = serializers.CharField(help_text="`lead` or `collaborating`.")
    names = BothField(help_text="What it is called.")
    aliases = TitlesField(help_text="Other titles of it.")
    definition = BothField(help_text="What it is.")
    position = serializers.CharField(help_text="The place in the map.")
    duties = BothListField(help_text="What it does.")
    abilities = BothListField(help_text="What it takes.")
    kpis = WordsField(help_text="Ids of its KPIs.")
    expectations = LevelsField(allow_null=True, help_text="Of an added role; null for one of the library.")
    links = LinksField(
        allow_null=True, help_text="Of an added role; null for one of the library: the map has its links."
    )
    is_own = serializers.BooleanField(help_text="Added by the workspace.")
    is_hidden = serializers.BooleanField(help_text="Left out of pickers and the map.")
    library = serializers.DictField(help_text="The library's text of the fields worded here.")
    pending = PendingShape(many=True, help_text="What waits to be merged.")
    revision = serializers.IntegerField(help_text="The number of the newest change; 0 when there is none.")


class RoleChangeShape(serializers.Serializer[Any]):
    """One change of a role."""

    number = serializers.IntegerField(help_text="1 is the first change of this role.")
    action = serializers.ChoiceField(RoleAction.choices, help_text="What was done.")
    at = serializers.DateTimeField(help_text="When.")
    author = serializers.CharField(allow_blank=True, help_text="Who; empty once the member is gone.")
    note = serializers.CharField(allow_blank=True, help_text="Why.")
    before = serializers.DictField(allow_null=True, help_text="The fields that differ; null when there was no role.")
    after = serializers.DictField(allow_null=True, help_text="The same fields after; null when it was taken back.")


def read_body(shape: type[ClosedShape], raw: Any) -> Row:
    """Return the members of a body; every fault is named with its field."""
    faults: list[Fault] = []
    row = reader_of(shape).read(raw, pointer="", faults=faults)
    refuse(faults)
    return row
