"""What the demo retailer says and plans: its challenges, a roadmap, owners of relations, a phase, two scenarios."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils.translation import gettext as _

from omnichannel.core.periods import shift_months
from omnichannel.workspaces.choices import MemberRole
from omnichannel.workspaces.models import Membership, Workspace
from omnichannel.workspaces.queries.zones import current_day
from omnichannel.workspaces.scoping import current_workspace_id
from orgstages.queries.roadmaps import roadmap
from orgstages.services.acting import Actor
from orgstages.services.answering import answer_question
from orgstages.services.phases import enter_phase, tick_criterion
from orgstages.services.relations import own_relation
from orgstages.services.roadmaps import Wanted, begin_roadmap, change_milestone
from orgstages.services.scenario_drafts import scenario_of_subtype
from roles.catalogue import RoleKey, SubtypeKey
from roles.choices import Thing
from roles.queries.org_chart import unit_tree
from roles.queries.people import people_within
from roles.queries.scenarios import scenarios as drafts_there
from roles.services import scenarios as drafts
from roles.services.moving import move

GROUP, MATURE, PILOT, CENTRE, TEAM = "G", "BU1", "BU2", "BU1-UC", "BU2-PRJ"
REGION = "R05"
# relations of the user-growth-driven sub-type that somebody sees to: number, and the unit that receives
RELATIONS = ((2, "D-SAL"), (3, "D-EC"), (4, "D-MD"), (5, "D-IT"))
PHASES = (("foundation", 10), ("experiment", 4))  # months ago
# how far a manager agrees with the statements about the four challenges, 1 to 5
CHALLENGES = {
    GROUP: {"D1": "2", "D2": "4", "D3": "3", "D4": "4", "D5": "3", "D6": "3", "D7": "4", "D8": "3"},
    MATURE: {"D1": "2", "D2": "3", "D3": "2", "D4": "2", "D5": "4", "D6": "3", "D7": "3", "D8": "2"},
    PILOT: {"D1": "3", "D2": "5", "D3": "4", "D4": "5", "D5": "2", "D6": "3", "D7": "5", "D8": "4"},
}
BEGUN = timedelta(weeks=3)


def seed_plans() -> None:
    """Write the plans through the services of the pages; nothing where there are plans already."""
    if drafts_there(is_discarded=True):
        return
    today = current_day()
    workspace = Workspace.objects.get(pk=current_workspace_id())
    member = Membership.objects.filter(workspace=workspace, role=MemberRole.HR_LEAD).first()
    actor = Actor(member.user_id if member else None, workspace.timezone, today)
    _seed_answers(actor)
    _seed_roadmap(actor)
    _seed_relations(actor)
    _seed_phases(actor)
    _seed_scenarios(actor)


def _seed_answers(actor: Actor) -> None:
    for unit, said in CHALLENGES.items():
        for question, option in said.items():
            answer_question(unit, question=question, option=option, on=actor.today, actor_id=actor.id)


def _seed_roadmap(actor: Actor) -> None:
    """Let the pilot be three weeks on its way: its first step is done, on time."""
    made = begin_roadmap(
        PILOT,
        transition="project-team-to-market-led",
        start_on=actor.today - BEGUN,
        actor=actor,
        owner=_first_of(TEAM, on=actor.today),
        note=_("The pilot becomes a department of its own once its first season has paid off."),
    )
    first = roadmap(made.pk, today=actor.today, tree=unit_tree(as_of=actor.today)).milestones[0]
    wanted = Wanted(first.planned_on, first.planned_on, RoleKey.OMNI_STRATEGY, owner=_first_of(TEAM, on=actor.today))
    change_milestone(made.pk, milestone=first.pk, wanted=wanted, actor=actor)


def _seed_relations(actor: Actor) -> None:
    for number, receiver in RELATIONS:
        own_relation(
            MATURE,
            subtype=SubtypeKey.USER_GROWTH_DRIVEN,
            number=number,
            giver=CENTRE,
            receiver=receiver,
            owner=_first_of(receiver, on=actor.today),
            since=shift_months(actor.today, -3),
            actor_id=actor.id,
        )


def _seed_phases(actor: Actor) -> None:
    """Let the user centre be past its first phase, whose criterion it has met."""
    (first, first_months), (second, second_months) = PHASES
    begun, moved = (shift_months(actor.today, -months) for months in (first_months, second_months))
    enter_phase(CENTRE, phase=first, since=begun, actor=actor)
    evidence = _("CRM and the daily reports have run since then; the rules for members are published.")
    tick_criterion(CENTRE, criterion=0, evidence=evidence, met_on=moved - timedelta(days=7), actor=actor)
    enter_phase(CENTRE, phase=second, since=moved, actor=actor)


def _seed_scenarios(actor: Actor) -> None:
    """Make one that is being drafted, and one that waits for somebody to approve it."""
    day = shift_months(actor.today.replace(day=1), 3)
    name = unit_tree(as_of=day).nodes[REGION].name
    drafted = drafts.create(
        name=_("%(unit)s joins the mature business") % {"unit": name},
        effective_on=day,
        actor_id=actor.id,
        note=_("One user centre for four regions: what does it cost, and who is scored otherwise?"),
    )
    with drafts.edited(drafted.pk, actor_id=actor.id):
        move(Thing.UNITS, REGION, to=MATURE, on=day, actor_id=actor.id)
    waiting = scenario_of_subtype(PILOT, subtype=SubtypeKey.MARKET_LED, on=day, actor_id=actor.id)
    drafts.submit(waiting, actor_id=actor.id)


def _first_of(unit: str, *, on: date) -> str:
    """Return a person who works in the unit on the day, always the same one."""
    people = people_within([unit], as_of=on).filter(unit__external_id=unit)
    return str(people.order_by("person__external_id").values_list("person__external_id", flat=True)[0])
