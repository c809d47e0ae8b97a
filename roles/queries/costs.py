"""What a role costs a month, from the pay of the people who hold it. For those who see pay only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from roles.catalogue import RoleKey
from roles.choices import FillMode
from roles.models import Assignment, Employment


@dataclass(frozen=True, slots=True)
class RoleCost:
    """The mean monthly cost of the firm's own people in a role, CNY to the cent, and how many of them tell it."""

    monthly: Decimal
    people: int


def role_costs(on: date) -> dict[RoleKey, RoleCost]:
    """Return the cost of each role on a day, in two queries; roles of nobody whose pay is known are absent.

    A person counts for the role that takes most of their time.
    """
    own = Employment.objects.on(on).filter(fill_mode=FillMode.INTERNAL)
    pay = {person: cost for person, cost in own.values_list("person_id", "monthly_cost") if cost is not None}
    shares = Assignment.objects.on(on).order_by("share", "-role_key").values_list("person_id", "role_key")
    main = dict(shares)  # the last one of a person stays: the largest share
    found: dict[str, list[Decimal]] = {}
    for person, role in main.items():
        if person in pay:
            found.setdefault(role, []).append(pay[person])
    cent = Decimal("0.01")
    return {
        RoleKey(role): RoleCost((sum(some, Decimal(0)) / len(some)).quantize(cent), len(some))
        for role, some in found.items()
    }
