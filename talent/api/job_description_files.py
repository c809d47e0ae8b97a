"""Job descriptions as files over REST."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from omnichannel.core.http import number_within
from omnichannel.workspaces.authentication import WorkspaceAPIMixin
from talent.api.job_description_shapes import ROLE, SLUG, SUBJECT
from talent.api.job_descriptions import access_of, subject_said
from talent.description_files import FORMS, KINDS, as_file, file_of, filename
from talent.queries.job_descriptions_kept import described

FORM = OpenApiParameter("form", str, OpenApiParameter.PATH, enum=list(FORMS), description="The kind of file.")
VERSION = OpenApiParameter("version", int, description="This version; the newest when left out.")
MOST_VERSIONS = 99_999


class FileNegotiation(BaseContentNegotiation):
    """A file is a file whatever the caller accepts; the first renderer writes its refusals."""

    def select_parser(self, request: Request, parsers: Sequence[BaseParser]) -> BaseParser:  # type: ignore[override]
        """Return the first parser."""
        return parsers[0]

    def select_renderer(  # type: ignore[override]
        self, request: Request, renderers: Sequence[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, Any]:
        """Return the first renderer."""
        return renderers[0], renderers[0].media_type


class JobDescriptionFileView(WorkspaceAPIMixin, APIView):
    """A job description as a paper."""

    content_negotiation_class = FileNegotiation

    @extend_schema(
        operation_id="job_description_file",
        parameters=[SLUG, ROLE, FORM, *SUBJECT, VERSION],
        responses={
            (200, kind.split(";")[0]): OpenApiResponse(OpenApiTypes.BINARY, description="The document.")
            for kind in KINDS.values()
        },
        tags=["talent"],
    )
    def get(self, request: Request, slug: str, role: str, form: str) -> HttpResponse:
        """Answer what is kept, or generated where nothing is, as DOCX, PDF or Markdown."""
        if form not in FORMS:
            raise Http404
        subject, grounds = subject_said(request, role)
        said = request.query_params.get("version")
        number = None if said is None else number_within(said, most=MOST_VERSIONS, name="version")
        found = described(subject, grounds=grounds, number=number)
        company = access_of(request).workspace.name
        content = file_of(found, form=form, company=company, author=str(request.user))
        return as_file(content, kind=KINDS[form], name=filename(subject, form))
