"""A SCIM filter as a condition of the database: exact where it can be, else one that leaves out nobody who matches.

What the database does not answer exactly is looked at again by the library's own evaluator.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.dateparse import parse_datetime
from scim2_models.path import Comparison, LogicalExpr, LogicalOperator, Not, Present, ValuePath

from roles.choices import ScimKind, Thing
from roles.models import Employment, OrgChange, Person, ScimMembership, ScimResource, UnitVersion
from roles.scim.enrolling import user_key
from roles.scim.places import as_uuid
from roles.scim.quirks import KNOWN_SCHEMAS

TEXT_LOOKUPS = {"eq": "exact", "co": "contains", "sw": "startswith", "ew": "endswith"}
LATER = {"gt": "gt", "ge": "gte"}
EARLIER = {"lt": "gte", "le": "gt"}
# attributes that nobody but SCIM writes: a match stands in the kept text
KEPT = frozenset(
    {"emails", "phonenumbers", "name", "title", "nickname", "usertype", "roles", "entitlements", "addresses", "ims"}
)


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition; not `exact` when it may let others through besides those who match."""

    q: Q
    exact: bool = True


ANYBODY = Condition(Q(), exact=False)
NOBODY = Condition(Q(pk__in=[]))


def condition(node: Any, *, kind: ScimKind, day: date) -> Condition:
    """Translate a filter's tree."""
    if isinstance(node, LogicalExpr):
        terms = [condition(term, kind=kind, day=day) for term in node.terms]
        is_and = node.op == LogicalOperator.and_
        q = reduce(and_ if is_and else or_, (term.q for term in terms))
        if not is_and and not all(term.q for term in terms):
            return ANYBODY  # one of them lets everybody through
        return Condition(q, all(term.exact for term in terms))
    if isinstance(node, Not):
        inner = condition(node.expr, kind=kind, day=day)
        return Condition(~inner.q) if inner.exact else ANYBODY
    if isinstance(node, Comparison):
        return _comparison(node.attr_path, node.op.value, node.value, kind=kind, day=day)
    if isinstance(node, ValuePath):
        return _selection(node, kind=kind, day=day)
    if isinstance(node, Present) and _name(node.attr_path) == "externalid":
        return Condition(~Q(given_id=""))
    return ANYBODY


def _name(path: Any) -> str:
    """Return the attribute of a path in lower case, empty for one of another schema."""
    if path.uri and str(path.uri).lower() not in KNOWN_SCHEMAS:
        return ""
    return ".".join(filter(None, (path.attr, path.sub_attr))).lower()


def _comparison(path: Any, op: str, value: Any, *, kind: ScimKind, day: date) -> Condition:
    name = _name(path)
    if name == "id":
        return _negated(op, Condition(Q(scim_id=as_uuid(str(value)))) if as_uuid(str(value)) else NOBODY)
    if name == "externalid" and isinstance(value, str):
        return _text("given_id", op, value)
    if name == "meta.lastmodified" and isinstance(value, str):
        return _modified(op, parse_datetime(value), kind=kind)
    if kind is ScimKind.GROUP:
        return _group(name, op, value, day=day)
    if name == "username" and isinstance(value, str):
        return _text("user_key", op, user_key(value))
    if name == "active":
        return _active(op, str(value).lower() == "true", day=day)
    return _kept(name, op, value)


def _negated(op: str, equal: Condition) -> Condition:
    return equal if op == "eq" else Condition(~equal.q) if op == "ne" else ANYBODY


def _text(column: str, op: str, value: str) -> Condition:
    if op == "ne":
        return Condition(~Q(**{column: value}))
    if op not in TEXT_LOOKUPS or not value:
        return ANYBODY
    return Condition(Q(**{f"{column}__{TEXT_LOOKUPS[op]}": value}))


def _group(name: str, op: str, value: Any, *, day: date) -> Condition:
    if name == "displayname" and op == "eq" and isinstance(value, str):
        called = UnitVersion.objects.on(day).filter(unit__external_id=OuterRef("external_id"), name__iexact=value)
        return Condition(Q(Exists(called)), exact=False)
    if name in {"members", "members.value"} and op == "eq":
        return _has_member(value, day=day)
    return ANYBODY


def _selection(node: ValuePath, *, kind: ScimKind, day: date) -> Condition:
    """Read `members[value eq "…"]` and `emails[type eq "work" and value eq "…"]`; the latter only narrows."""
    name, inner = _name(node.attr_path), node.val_filter
    if kind is ScimKind.GROUP and name == "members" and isinstance(inner, Comparison):
        is_value = _name(inner.attr_path) == "value" and inner.op.value == "eq"
        return _has_member(inner.value, day=day) if is_value else ANYBODY
    terms = inner.terms if isinstance(inner, LogicalExpr) and inner.op == LogicalOperator.and_ else [inner]
    for term in terms:
        if isinstance(term, Comparison) and _name(term.attr_path) == "value":
            return _kept(name, term.op.value, term.value)
    return ANYBODY


def _has_member(value: Any, *, day: date) -> Condition:
    identity = as_uuid(str(value))
    user = ScimResource.objects.filter(kind=ScimKind.USER, scim_id=identity).first() if identity else None
    if user is None:
        return NOBODY
    works = Employment.objects.on(day).filter(person__external_id=user.external_id).values("unit__external_id")
    given = ScimMembership.objects.filter(user=user).values("group_id")
    return Condition(Q(external_id__in=works) | Q(pk__in=given))


def _kept(name: str, op: str, value: Any) -> Condition:
    """Narrow by the text of the kept attributes: it holds every value that could match."""
    is_plain = isinstance(value, str) and value.isascii() and not set(value) & set('"\\')
    if name.partition(".")[0] not in KEPT or op not in TEXT_LOOKUPS or not is_plain or not value:
        return ANYBODY
    return Condition(Q(attributes__icontains=value), exact=False)


def _active(op: str, wanted: bool, *, day: date) -> Condition:
    """Tell who is active, as `reading.is_active` does."""
    people = Person.objects.filter(external_id=OuterRef("external_id"))
    here = Q(Exists(people.filter(Q(left_on=None) | Q(left_on__gt=day))))
    unending = Q(Exists(people.filter(left_on=None)))
    said_no = Q(linked_at__isnull=False, attributes__contains={"active": False})
    said_yes = Q(attributes__contains={"active": True})
    active = (here & (Q(linked_at=None) | said_yes)) | (said_no & unending)
    inactive = ~here | (said_no & ~unending)
    equal = active if wanted else inactive
    return Condition(equal if op == "eq" else ~equal) if op in {"eq", "ne"} else ANYBODY


def _modified(op: str, moment: datetime | None, *, kind: ScimKind) -> Condition:
    """Tell what changed after or before a moment: its row, or a revision that touched it."""
    if moment is None or moment.tzinfo is None or op not in {**LATER, **EARLIER}:
        return ANYBODY
    lookup = {**LATER, **EARLIER}[op]
    thing = Thing.PEOPLE if kind is ScimKind.USER else Thing.UNITS
    touched = OrgChange.objects.filter(thing=thing, external_id=OuterRef("external_id"))
    after = Q(**{f"changed_at__{lookup}": moment}) | Q(Exists(touched.filter(**{f"revision__at__{lookup}": moment})))
    if kind is ScimKind.GROUP:
        moved = Employment.ever.filter(unit__external_id=OuterRef("external_id"))
        after |= Q(Exists(moved.filter(Q(**{f"recorded_at__{lookup}": moment}))))
        after |= Q(Exists(moved.filter(Q(**{f"superseded_at__{lookup}": moment}))))
    return Condition(after if op in LATER else ~after)


def alive(kind: ScimKind, *, day: date) -> QuerySet[ScimResource]:
    """Return the rows of a kind that clients may see: every user, and the groups whose unit is there on the day."""
    rows = ScimResource.objects.filter(kind=kind)
    if kind is ScimKind.USER:
        return rows
    return rows.filter(Exists(UnitVersion.objects.on(day).filter(unit__external_id=OuterRef("external_id"))))
