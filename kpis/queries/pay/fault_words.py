"""The words for what is wrong with a pay plan: where, what, and how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from kpis.incentives.faults import Fault
from omnichannel.core.issues import Issue

# In functions, so that each is translated when it is told.
WORDS: Mapping[str, Callable[[], str]] = {
    "attainment_over_ten": lambda: _("An attainment of 100 percent is written 1."),
    "bad_day": lambda: _("%(value)s is not a day such as 2026-11-01."),
    "bad_number": lambda: _("%(value)s is not a number; leave it out for none."),
    "bad_rounding": lambda: _("Round to a positive amount, such as 0.01 or 1."),
    "factor_under_one": lambda: _("An accelerator pays more, not less: 1 or above."),
    "fields_expected": lambda: _("Fields are expected here: %(known)s."),
    "floor_above_cap": lambda: _("The least is above the most."),
    "id_taken": lambda: _("%(id)s is the id of another plan."),
    "id_twice": lambda: _("The id %(id)s stands more than once; each component needs its own."),
    "bad_id": lambda: _("Letters, digits and dashes, at most 40."),
    "launch_by_attainment": lambda: _(
        "In the launch phase one and the same easy target holds for all stores: pay by number, not by attainment, or"
        " give a written reason."
    ),
    "list_expected": lambda: _("A list is expected."),
    "missing": lambda: _("This is missing."),
    "name_of_the_whole": lambda: _("%(name)s is how the sentence of the whole plan begins; choose another name."),
    "name_twice": lambda: _("The name %(name)s stands more than once."),
    "negative": lambda: _("A negative number takes money away; use a penalty instead."),
    "no_component": lambda: _("A plan pays for something: add a component."),
    "no_name_and_rule": lambda: _("A name, “%(colon)s” and a rule are expected."),
    "no_role": lambda: _("Say whom the plan pays: at least one role."),
    "no_step": lambda: _("A ladder needs a step."),
    "no_such_bound": lambda: _("No bound reads like this: %(piece)s"),
    "no_such_rule": lambda: _("No rule reads like this: %(piece)s"),
    "no_such_share": lambda: _("No part of a role reads like this: %(piece)s"),
    "no_such_step": lambda: _("No step reads like this: %(piece)s"),
    "not_a_unit": lambda: _("%(unit)s is not a unit on %(day)s."),
    "not_money": lambda: _("%(base)s is not money; a pool is a share of money."),
    "not_of_the_store": lambda: _("%(base)s is a person's own; this rule looks at the store."),
    "not_one_of": lambda: _("%(value)s is not one of %(known)s."),
    "over_100_percent": lambda: _("More than 100 percent: 3 percent is written 0.03."),
    "penalty_on_staff": lambda: _(
        "Penalties are for the middle layer: this plan pays guides. Take the guides or the penalty out, or give a"
        " written reason."
    ),
    "rival_plan": lambda: _("%(plan)s pays the same role in the same unit: both would pay the same people."),
    "separator_in_name": lambda: _("%(name)s holds a colon, semicolon or stop: its sentence could not be read."),
    "share_of_no_role": lambda: _("%(role)s is none of the roles that this plan pays."),
    "share_twice": lambda: _("%(role)s has a part already."),
    "shares_not_whole": lambda: _("The parts of the roles add up to 100 percent."),
    "steps_do_not_rise": lambda: _("Each step begins above the one before."),
    "text_no_mapping": lambda: _("The text is not a plan: lines such as “id: my-plan” are expected."),
    "text_no_yaml": lambda: _(
        "This cannot be read as YAML (column %(column)s): look at the indents, colons and quotes."
    ),
    "text_too_long": lambda: _("The text is too long for a plan."),
    "text_expected": lambda: _("A text is expected."),
    "too_many_steps": lambda: _("%(count)s steps; people remember at most %(most)s."),
    "unknown_base": lambda: _("%(base)s is not known; known are %(known)s."),
    "unknown_field": lambda: _("This is not a field here; known are %(known)s."),
    "unknown_kpi": lambda: _("%(kpi)s is not a KPI."),
    "unknown_name": lambda: _("%(name)s is not known."),
    "unknown_name_near": lambda: _("%(name)s is not known; is %(near)s meant?"),
    "unknown_role": lambda: _("%(role)s is not a role."),
    "unknown_rule": lambda: _("“%(value)s” is no rule; known are %(known)s."),
}


def told(fault: Fault) -> Issue:
    """Return a fault in words of the reader's language. KeyError for a code without words."""
    words = WORDS[fault.code]()
    return Issue(fault.path, words % fault.facts if fault.facts else words)
