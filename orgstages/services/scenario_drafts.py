"""Scenarios that come out of a comparison: a unit works in another sub-type from a day on."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from orgstages.catalogue import load_stages
from orgstages.queries.subtype_options import compare_subtypes
from roles.catalogue import SubtypeKey
from roles.services.scenarios import create, edited
from roles.services.stages import adopt_stage


@transaction.atomic
def scenario_of_subtype(
    unit: str, *, subtype: SubtypeKey, on: date, actor_id: int | None, within: str | None = None
) -> int:
    """Make a scenario in which the unit works in the sub-type; its note lists the roles nobody is there for.

    Raises UnknownDiagnosisUnit, and what the scenario refuses: a day that is over, an organisation that is busy.
    """
    compared = compare_subtypes(unit, as_of=on, within=within, only=[subtype])
    option = next(each for each in compared.options if each.spec.key is subtype)
    language = get_language()
    words = {"unit": compared.unit.name, "subtype": option.spec.names.in_language(language)}
    missing = [need.names.in_language(language) for need in option.missing]
    between = "、" if language.startswith("zh") else ", "
    note = _("Still without a dedicated holder: %(roles)s.") % {"roles": between.join(missing)} if missing else ""
    made = create(name=_("%(unit)s: %(subtype)s") % words, effective_on=on, actor_id=actor_id, note=note)
    stage = load_stages().subtypes[subtype].stage
    with edited(made.pk, actor_id=actor_id):
        adopt_stage(unit, stage=stage, subtype=subtype, on=on, actor_id=actor_id, note=note)
    return int(made.pk)
