"""Rules the KPI library must keep, and what goes with it. Each rule is one function that returns issues."""

from __future__ import annotations

from collections.abc import Callable

from kpis.engine.specs import Library
from kpis.library.checks import extras as beside
from kpis.library.checks import formulas, kpis, measures, tables
from kpis.library.extras import LibraryExtras, library_extras
from kpis.library.loader import load_library
from omnichannel.core.issues import Issue

RULES: tuple[Callable[[Library], list[Issue]], ...] = (
    tables.table_columns_are_sound,
    tables.headers_are_unambiguous,
    tables.examples_are_legal,
    tables.references_reach_keys,
    measures.simple_measures_name_columns,
    measures.stock_measures_end,
    measures.simple_filters_are_legal,
    measures.derived_measures_name_columns,
    measures.derived_params_exist,
    formulas.formulas_parse,
    formulas.formulas_use_known_measures,
    formulas.windows_fit_measures,
    formulas.formula_filters_are_legal,
    kpis.kpis_belong_to_roles,
    kpis.kpi_params_are_those_of_its_measures,
    kpis.target_bands_are_ranges,
    kpis.qualitative_kpis_read_reviews,
    kpis.recovery_levels_are_explained,
    kpis.weight_sets_are_complete,
    kpis.weights_sum_to_100,
    kpis.weights_name_kpis_of_the_role,
    kpis.library_texts_are_bilingual,
)

EXTRA_RULES: tuple[Callable[[Library, LibraryExtras], list[Issue]], ...] = (
    beside.shared_groups_agree,
    beside.extras_name_kpis,
    beside.alert_thresholds_are_complete,
    beside.systems_feed_tables,
    beside.enum_values_have_labels,
    beside.named_measures_exist,
    beside.extra_texts_are_bilingual,
)


def check_library(library: Library | None = None, *, extras: LibraryExtras | None = None) -> tuple[Issue, ...]:
    """Return everything wrong with the library and what goes with it (the shipped ones by default)."""
    subject, companion = library or load_library(), extras or library_extras()
    found = [issue for rule in RULES for issue in rule(subject)]
    return tuple(found + [issue for rule in EXTRA_RULES for issue in rule(subject, companion)])
