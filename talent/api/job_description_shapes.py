"""What the API of job descriptions takes and answers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from omnichannel.core.fields import StrictCharField, StrictIntegerField
from roles.catalogue import StageKey, SubtypeKey
from talent.people.pay import Level
from talent.queries.job_descriptions import LANGUAGES
from talent.queries.job_descriptions_kept import KeptLine
from talent.services.job_descriptions import LONGEST, LONGEST_NOTE

STAGES, SUBTYPES, LEVELS = [each.value for each in StageKey], [each.value for each in SubtypeKey], [*map(str, Level)]
SLUG = OpenApiParameter("slug", str, OpenApiParameter.PATH, description="The workspace.")
ID = OpenApiParameter("id", int, OpenApiParameter.PATH, description="The job description's number.")
NUMBER = OpenApiParameter("number", int, OpenApiParameter.PATH, description="The version.")
ROLE = OpenApiParameter("role", str, OpenApiParameter.PATH, description="The role's key, such as `data-analysis`.")
AS_OF = OpenApiParameter("as_of", OpenApiTypes.DATE, description="The day of its data; today when left out.")
SUBJECT = [
    OpenApiParameter("stage", str, enum=STAGES, description="The organisation stage.", required=True),
    OpenApiParameter("level", str, enum=LEVELS, description="The level; `manager` when left out."),
    OpenApiParameter("language", str, enum=list(LANGUAGES), description="The document's language; `zh` when left out."),
    OpenApiParameter("subtype", str, enum=SUBTYPES, description="One form of organisation of the stage."),
    OpenApiParameter("unit", str, description="For this unit: its reporting line, team and pay city."),
    OpenApiParameter("seat", str, description="For this seat."),
    AS_OF,
]
FILTERS = [
    OpenApiParameter("role", str, description="Only this role."),
    OpenApiParameter("stage", str, enum=STAGES, description="Only this stage."),
    OpenApiParameter("level", str, enum=LEVELS, description="Only this level."),
    OpenApiParameter("language", str, enum=list(LANGUAGES), description="Only this language."),
    OpenApiParameter("unit", str, description="Only for this unit."),
]
BODY = {
    "role": "data-analysis",
    "stage": "first-level",
    "level": "manager",
    "language": "en",
    "sections": [{"id": "purpose", "text": "Makes one truth of all customer data, for **every** team."}],
    "note": "Purpose reworded",
    "read": 0,
}


class SectionShape(serializers.Serializer[Any]):
    """A section. `is_stale`: other data stand behind it than when it was written; `fresh` is what they say now."""

    id = serializers.CharField()
    heading = serializers.CharField()
    text = serializers.CharField(help_text="Markdown: headings, lists, tables and bold.")
    fresh = serializers.CharField(help_text="The text generated from the data of the day.")
    is_stale = serializers.BooleanField()
    is_edited = serializers.BooleanField(help_text="The text is not the generated one.")


class JobDescriptionVersionShape(serializers.Serializer[Any]):
    """A version in the history; `issued_on` is null for a draft."""

    number = serializers.IntegerField()
    author = serializers.CharField()
    created_at = serializers.DateTimeField()
    note = serializers.CharField()
    restored_from = serializers.IntegerField(allow_null=True)
    issued_on = serializers.DateField(allow_null=True)


class SubjectShape(serializers.Serializer[Any]):
    """What is described."""

    role = serializers.CharField()
    stage = serializers.CharField()
    subtype = serializers.CharField(help_text="Empty: any form of organisation of the stage.")
    level = serializers.CharField()
    language = serializers.CharField()
    unit = serializers.CharField(help_text="Empty: for the role in general.")
    seat = serializers.CharField()


class JobDescriptionLine(serializers.Serializer[KeptLine]):
    """A kept job description in the list."""

    id = serializers.IntegerField(source="pk")
    subject = SubjectShape()
    version = serializers.IntegerField(source="newest.number")
    issued_version = serializers.IntegerField(source="issued.number", allow_null=True, default=None)
    stale_sections = serializers.IntegerField(
        source="stale", allow_null=True, help_text="null: the role, unit or seat is gone."
    )


class JobDescriptionShape(serializers.Serializer[Any]):
    """A job description with its nine sections. `id` and `version` are null where nothing is kept."""

    id = serializers.IntegerField(source="pk", allow_null=True)
    subject = SubjectShape(source="document.subject")
    title = serializers.CharField(source="document.title")
    as_of = serializers.DateField()
    version = JobDescriptionVersionShape(allow_null=True)
    sections = SectionShape(many=True)
    versions = JobDescriptionVersionShape(many=True)


class SectionBody(serializers.Serializer[Any]):
    """A section to be kept."""

    id = StrictCharField(max_length=24)
    text = StrictCharField(max_length=LONGEST, trim_whitespace=False)


class VersionBody(serializers.Serializer[Any]):
    """A new version. Sections left out keep their text, at first the generated one."""

    role = StrictCharField(max_length=40)
    stage = serializers.ChoiceField(choices=STAGES)
    level = serializers.ChoiceField(choices=LEVELS)
    language = serializers.ChoiceField(choices=list(LANGUAGES))
    subtype = serializers.ChoiceField(choices=SUBTYPES, allow_blank=True, default="")
    unit = StrictCharField(max_length=64, allow_blank=True, default="")
    seat = StrictCharField(max_length=64, allow_blank=True, default="")
    sections = SectionBody(many=True, default=list)
    note = StrictCharField(max_length=LONGEST_NOTE, allow_blank=True, default="")
    read = StrictIntegerField(
        min_value=0,
        allow_null=True,
        default=None,
        help_text="The version you read, 0 for none: 409 if there is a newer.",
    )
    reviewed = serializers.ListField(
        child=StrictCharField(max_length=24),
        default=list,
        help_text="Sections whose own text has been held against the present data: their mark goes.",
    )


class JobDescriptionIssueShape(serializers.Serializer[Any]):
    """The issue of a version."""

    number = serializers.IntegerField(source="version.number")
    issued_on = serializers.DateField()
