"""Rules over what goes with the library: shared groups, funnel, alerts, incentives, systems, labels."""

from __future__ import annotations

from kpis.engine.specs import DerivedMeasure, Library
from kpis.library.extras import LibraryExtras
from omnichannel.core.datafiles import missing_texts
from omnichannel.core.issues import Issue
from roles.catalogue import RoleKey, load_roles


def shared_groups_agree(library: Library, extras: LibraryExtras) -> list[Issue]:
    """Members of a shared group are KPIs that name the group and the other way round; its total is a member."""
    named = {(kpi.shared_group, kpi.id) for kpi in library.kpis.values() if kpi.shared_group}
    listed = {(group.id, kpi) for group in extras.shared_groups.values() for kpi in group.members}
    issues = [Issue(f"kpis.{b}.shared_group", f"{a!r} does not list the KPI") for a, b in sorted(named - listed)]
    issues += [Issue(f"shared_groups.{a}", f"the KPI {b} does not name it") for a, b in sorted(listed - named)]
    return issues + [
        Issue(f"shared_groups.{group.id}", f"{name} is no member")
        for group in extras.shared_groups.values()
        for name in (group.total, *group.second_views, *group.second_views.values())
        if name not in group.members
    ]


def extras_name_kpis(library: Library, extras: LibraryExtras) -> list[Issue]:
    """Funnel, alerts and incentives name existing KPIs; incentive schemes apply to existing roles."""
    used = [(f"funnel.{step.id}", step.kpi) for step in extras.funnel]
    rules = extras.alert_rules.values()
    used += [(f"alerts.rules.{rule.id}", kpi) for rule in rules for kpi in (rule.kpi, *rule.kpis) if kpi]
    used += [(f"incentives.{row['id']}", kpi) for row in extras.incentives["schemes"] for kpi in row["kpis"]]
    used += [("incentives.bonus_model.gate", kpi) for kpi in extras.incentives["bonus_model"]["gate"]["kpis"]]
    issues = [Issue(path, f"there is no KPI {kpi!r}") for path, kpi in used if kpi not in library.kpis]
    return issues + [
        Issue(f"incentives.{row['id']}.applies_to", f"there is no role {role!r}")
        for row in extras.incentives["schemes"]
        for role in row["applies_to"]
        if role not in set(RoleKey)
    ]


def alert_thresholds_are_complete(library: Library, extras: LibraryExtras) -> list[Issue]:
    """An alert rule has a threshold per level, stricter from level to level on its side."""
    issues = []
    for rule in extras.alert_rules.values():
        values = [rule.thresholds[level] for level in extras.alert_levels if level in rule.thresholds]
        ordered = sorted(values, reverse=rule.side == "below")
        if set(rule.thresholds) != set(extras.alert_levels) or values != ordered or rule.side not in {"below", "above"}:
            issues.append(
                Issue(f"alerts.rules.{rule.id}", "every level needs a threshold, each stricter than the last")
            )
    return issues


def systems_feed_tables(library: Library, extras: LibraryExtras) -> list[Issue]:
    """A system feeds known tables, every table is fed by some system, and a history limit concerns what it feeds."""
    fed = [(system.id, table) for system in extras.systems.values() for table in system.feeds]
    unfed = set(library.tables) - {table for _, table in fed}
    return [
        Issue(f"systems.{system}.feeds", f"there is no table {table!r}")
        for system, table in fed
        if table not in library.tables
    ] + [
        *(Issue(f"tables.{table}", "no system feeds the table") for table in sorted(unfed)),
        *(
            Issue(f"systems.{system.id}.history_tables", f"the system does not feed {table!r}")
            for system in extras.systems.values()
            for table in system.history_tables
            if table not in system.feeds
        ),
    ]


def enum_values_have_labels(library: Library, extras: LibraryExtras) -> list[Issue]:
    """Every value of an enum column has a label, and no label stands alone."""
    values = {value for table in library.tables.values() for column in table.columns for value in column.enum}
    labels = set(extras.enum_labels)
    return [Issue(f"enums.{value}", "the value has no label") for value in sorted(values - labels)] + [
        Issue(f"enums.{value}", "no column has the value") for value in sorted(labels - values)
    ]


def named_measures_exist(library: Library, extras: LibraryExtras) -> list[Issue]:
    """Head-count drivers of kind measure and the funnel's base are measures; the default attribution model is known."""
    drivers = [driver for driver in load_roles().headcount.drivers.values() if driver.kind == "measure"]
    named = [(f"headcount.drivers.{driver.id}", driver.id) for driver in drivers]
    named.append(("effectiveness.funnel.denominator", extras.effectiveness["funnel"]["denominator"]))
    issues = [Issue(path, f"there is no measure {name!r}") for path, name in named if name not in library.measures]
    if library.params.attribution_model not in extras.attribution_models:
        issues.append(Issue("params.attribution_model", "there is no such attribution model"))
    return issues


def extra_texts_are_bilingual(library: Library, extras: LibraryExtras) -> list[Issue]:
    """Texts beside the definitions exist in both languages, and every derived measure tells its algorithm."""
    derived = {measure.id for measure in library.measures.values() if isinstance(measure, DerivedMeasure)}
    silent = sorted(derived - set(extras.algorithms))
    return missing_texts(extras, "") + [Issue(f"measures.{name}.algorithm", "the text is missing") for name in silent]
