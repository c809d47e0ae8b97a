"""Job descriptions as files over REST."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from omnichannel.core.http import FileNegotiation, number_within
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from talent.api.job_description_shapes import ROLE, SLUG, SUBJECT
from talent.api.job_descriptions import subject_said
from talent.description_files import FORMS, KINDS, as_file, file_of, filename
from talent.queries.job_descriptions_kept import described

FORM = OpenApiParameter("form", str, OpenApiParameter.PATH, enum=list(FORMS), description="The kind of file.")
VERSION = OpenApiParameter("version", int, description="This version; the newest when left out.")
MOST_VERSIONS = 99_999


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
