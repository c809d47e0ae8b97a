"""Who answers for an alert, who is above them, and who wants to hear of it: members of the workspace only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings

from kpis.alert_choices import AlertSubject, MailChoice, Recipient
from kpis.engine.alerting import Level
from kpis.engine.specs import Scope, ScopeKind
from kpis.library import load_library
from kpis.models import Alert, AlertPreference
from kpis.queries.definitions import library_at
from kpis.queries.subjects import answers_for
from omnichannel.workspaces.choices import MemberRole, Rule
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.permissions import rule_for
from omnichannel.workspaces.queries.members import members_of
from omnichannel.workspaces.scoping import current_workspace_id
from roles.catalogue import RoleKey
from roles.queries.org_chart import UnitTree, unit_tree
from roles.queries.people import holders

ROUTE = "kpis:alert"


@dataclass(frozen=True, slots=True)
class Listener:
    """A member who may hear of alerts. `unit` bounds what a line manager may see."""

    user_id: int
    name: str
    role: MemberRole
    unit: str
    person: str


class Directory:
    """The members of the workspace on a day, and what they answer for."""

    def __init__(
        self,
        listeners: Sequence[Listener],
        *,
        tree: UnitTree,
        held: Mapping[str, Sequence[tuple[RoleKey, Scope]]],
        wishes: Mapping[int, MailChoice],
    ) -> None:
        self.listeners, self.tree, self.held, self.wishes = listeners, tree, held, wishes

    def may_open(self, listener: Listener, alert: Alert) -> bool:
        """Tell whether a member may see the alert: an alert never reaches anybody who could not open it."""
        rule = rule_for(ROUTE, "GET", listener.role)
        if rule is Rule.OWN_UNIT:
            return alert.scope_kind == ScopeKind.UNIT and alert.scope_id in self.tree.subtree(listener.unit)
        return rule is Rule.ALLOW

    def openers(self, alert: Alert) -> list[Listener]:
        """Return everybody who may see the alert, by name."""
        return sorted((one for one in self.listeners if self.may_open(one, alert)), key=lambda one: one.name)

    def owners(self, alert: Alert) -> list[Listener]:
        """Return who answers for it: holders of the KPI's role for that scope, else the unit's manager, else others."""
        steps: list[Iterable[Listener]] = []
        if alert.subject_kind == AlertSubject.TABLE:
            steps = [self._of_role(MemberRole.ANALYST)]
        elif alert.subject_kind == AlertSubject.ROLE:
            steps = [self._of_role(MemberRole.HR_LEAD)]
        else:
            steps = [self._role_holders(alert), self._nearest_managers(alert), self._of_role(MemberRole.ANALYST)]
        return self._first(alert, [*steps, self._of_role(MemberRole.OWNER)])

    def managers(self, alert: Alert) -> list[Listener]:
        """Return who is above the owners: the manager of the nearest unit that is not theirs, else the owners' lead."""
        mine = {one.user_id for one in self.owners(alert)}
        above = [one for one in self._nearest_managers(alert, besides=mine) if one.user_id not in mine]
        return self._first(alert, [above, self._of_role(MemberRole.OWNER)])

    def recipients(self, alert: Alert, kinds: Iterable[str]) -> list[Listener]:
        """Return who hears of an alert, each once: those of the kinds asked who may open it."""
        found: dict[int, Listener] = {}
        for kind in kinds:
            if kind == Recipient.OWNER:
                people = self.owners(alert)
            elif kind == Recipient.MANAGER:
                people = self.managers(alert)
            else:
                people = self._first(alert, [self._of_role(MemberRole.EXECUTIVE)])
            found.update({one.user_id: one for one in people})
        return list(found.values())

    def wants_mail(self, listener: Listener, level: Level) -> bool:
        """Tell whether a member has asked for messages of this level; without a wish all are sent."""
        wish = self.wishes.get(listener.user_id, MailChoice.YELLOW)
        return wish != MailChoice.NONE and level.rank >= Level(wish.value).rank

    def _first(self, alert: Alert, steps: Iterable[Iterable[Listener]]) -> list[Listener]:
        """Return those of the first step in which anybody may open the alert."""
        for step in steps:
            people = [one for one in step if self.may_open(one, alert)]
            if people:
                return people
        return []

    def _of_role(self, role: MemberRole) -> list[Listener]:
        return [one for one in self.listeners if one.role is role]

    def _role_holders(self, alert: Alert) -> list[Listener]:
        kpi = library_at(self.tree.as_of).kpis.get(alert.subject_id) or load_library().kpis.get(alert.subject_id)
        wanted = set(kpi.roles) if kpi else set()
        scope = Scope(ScopeKind(alert.scope_kind), alert.scope_id)
        return [
            one
            for one in self.listeners
            if any(role.value in wanted and at == scope for role, at in self.held.get(one.person, ()))
        ]

    def _nearest_managers(self, alert: Alert, besides: frozenset[int] | set[int] = frozenset()) -> list[Listener]:
        """Return the line managers of the unit, or of the nearest unit above it that has one."""
        if alert.scope_kind != ScopeKind.UNIT:
            return []
        for unit in (alert.scope_id, *self.tree.ancestors(alert.scope_id)):
            found = [one for one in self._of_role(MemberRole.LINE_MANAGER) if one.unit == unit]
            found = [one for one in found if one.user_id not in besides]
            if found:
                return found
        return []


def directory(*, on: date, tree: UnitTree | None = None) -> Directory:
    """Read members, what they hold and what they wish, in four queries."""
    tree = tree or unit_tree(as_of=on)
    workspace = Workspace.objects.get(pk=current_workspace_id())
    members = members_of(workspace).filter(user__is_active=True).order_by("user_id")
    listeners = [
        Listener(
            user_id=row.user_id,
            name=str(row.user),
            role=MemberRole(row.role),
            unit=row.unit_external_id,
            person=row.person_external_id,
        )
        for row in members
    ]
    held: dict[str, list[tuple[RoleKey, Scope]]] = {}
    for holding in holders(as_of=on, tree=tree):
        if holding.unit_external_id in tree:
            at = answers_for(holding.unit_external_id, tree)
            held.setdefault(holding.person_external_id, []).append((holding.role_key, at))
    wishes = {row.user_id: MailChoice(row.least) for row in AlertPreference.objects.all()}
    return Directory(listeners, tree=tree, held=held, wishes=wishes)


def language_of(user_id: int) -> str:
    """Return the language a member reads messages in: what they chose, else the installation's."""
    chosen = AlertPreference.objects.filter(user_id=user_id).values_list("language", flat=True).first()
    return chosen or settings.LANGUAGE_CODE
