"""The 16 automatic questions and how each is answered from stored rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from orgstages.facts import Fact
from orgstages.queries import figure_facts as figures
from orgstages.queries import organisation_facts as organisation
from orgstages.queries.evidence import Evidence

Facts = Mapping[str, Callable[[Evidence, str], Fact]]

# Those that the organisation, its targets and its costs answer.
STANDING: Facts = {
    "A1": organisation.dedicated_time,
    "A2": organisation.leading_team,
    "A3": organisation.lead_reports_to,
    "A5": organisation.roles_filled,
    "A6": organisation.roles_per_person,
    "A9": figures.shared_targets,
    "A11": organisation.outsourced_time,
    "B4": figures.spending,
    "B5": organisation.business_units,
    "C3": figures.private_share_target,
}
# Those that figures of the month answer.
COUNTED: Facts = {
    "A8": partial(figures.kpi_fact, "A8"),
    "A12": partial(figures.kpi_fact, "A12"),
    "B1": figures.own_store_sales,
    "E3": partial(figures.kpi_fact, "E3"),
    "E4": partial(figures.kpi_fact, "E4"),
    "E5": figures.mall_growth,
}
FACTS: Facts = {**STANDING, **COUNTED}


def facts_of(unit: str, *, evidence: Evidence, only: Facts = FACTS) -> Mapping[str, Fact]:
    """Return the fact of every automatic question, or of some, for one unit of the evidence's tree."""
    return {question: measure(evidence, unit) for question, measure in only.items()}
