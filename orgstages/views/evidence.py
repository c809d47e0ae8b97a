"""The rows behind an automatic fact, with totals that are its numerator and denominator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from omnichannel.core.text import Bilingual
from omnichannel.workspaces.clock import Clock, clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from orgstages.catalogue import load_stages
from orgstages.queries.diagnosis import in_bounds
from orgstages.queries.evidence import Evidence, read_evidence
from orgstages.queries.fact_rows import FactRow, FactRows, fact_rows
from orgstages.views.diagnosis import diagnosis_url
from orgstages.views.options import option_lines
from orgstages.views.rows import option_words
from roles.queries.org_chart import unit_tree
from roles.queries.people import people_names

PER_PAGE = 100


@dataclass(frozen=True, slots=True)
class Line:
    """A row with names and links; `person` stays empty for those who may not see people."""

    unit: str
    unit_url: str
    person: str
    person_url: str
    note: Bilingual
    part: Decimal
    counted: Decimal
    why_url: str


@require_GET
def fact(request: WorkspaceRequest, slug: str, external_id: str, question: str) -> HttpResponse:
    """List what an automatic question counted; a person's name only for those who may open people."""
    clock = clock_of(request, request.GET.get("as_of", ""))
    spec = load_stages().questions.get(question)
    tree = unit_tree(as_of=clock.as_of)
    if spec is None or spec.auto is None or not in_bounds(external_id, tree=tree, within=request.access.own_unit):
        raise Http404
    evidence = read_evidence(clock.as_of, units=[external_id], tree=tree)
    found = fact_rows(question, external_id, evidence=evidence)
    page = Paginator(found.rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "clock": clock,
        "unit": tree.nodes[external_id],
        "spec": spec,
        "fact": found.fact,
        "chosen": option_words(spec, found.fact.option) if found.fact.option else None,
        "options": option_lines(spec),
        "found": found,
        "page": page,
        "lines": _lines(request, list(page.object_list), evidence, clock),
        "has": _columns(found, may_see_people=may(request.access, "roles:person")),
        "diagnosis_url": f"{diagnosis_url(slug, external_id, clock)}#{question}",
    }
    return render(request, "orgstages/fact.html", context)


def _columns(found: FactRows, *, may_see_people: bool) -> Mapping[str, bool]:
    """Tell which columns have anything to show."""
    return {
        "unit": any(row.unit for row in found.rows),
        "person": may_see_people and any(row.person for row in found.rows),
        "note": any(row.note.en for row in found.rows),
        "part": any(row.part for row in found.rows),
        "counted": any(row.counted for row in found.rows),
        "why": any(row.kpi for row in found.rows),
    }


def _lines(request: WorkspaceRequest, rows: Sequence[FactRow], evidence: Evidence, clock: Clock) -> list[Line]:
    access, slug = request.access, request.access.workspace.slug
    own = access.own_unit
    open_units = evidence.tree.subtree(own) if own is not None else frozenset(evidence.tree.nodes)
    sees_people = may(access, "roles:person")
    names = people_names({row.person for row in rows if row.person}) if sees_people else {}
    lines = []
    for row in rows:
        node = evidence.tree.nodes.get(row.unit)
        shown = bool(row.person) and sees_people and row.unit in open_units
        why = urlencode({"period": row.period, "scope": row.scope})
        lines.append(
            Line(
                unit=node.name if node else "",
                unit_url=reverse("roles:unit", args=[slug, row.unit]) + clock.query if row.unit in open_units else "",
                person=names.get(row.person, row.person) if shown else "",
                person_url=reverse("roles:person", args=[slug, row.person]) + clock.query if shown else "",
                note=row.note,
                part=row.part,
                counted=row.counted,
                why_url=f"{reverse('kpis:explain', args=[slug, row.kpi])}?{why}"
                if row.kpi and may(access, "kpis:explain")
                else "",
            )
        )
    return lines
