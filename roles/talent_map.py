"""The talent map as a picture: where the roles stand in the machine and how their links run. Pure geometry.

Bridges let traffic in on the left, the brain turns in the middle with its lubricants above and below, touchpoints
reach the customer on the right, strategy steers from the top and the collaborating roles stand along the bottom.
Roles that a workspace has added stand in a lane of their own below.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import hypot

from roles.catalogue import RoleKey, RoleLink

WIDTH, HEIGHT = 1080, 640
CARD_WIDTH, CARD_HEIGHT = 212, 58
LANE_TOP, LANE_STEP, LANE_SEATS = 676, 76, 4
ARROW_GAP = 4
# Links bow to their own right by this part of their length, so that a pair of opposite links does not coincide.
BOW = 0.11

CENTRES = {
    RoleKey.OMNI_STRATEGY: (540, 50),
    RoleKey.DATA_ANALYSIS: (540, 180),
    RoleKey.PUBLIC_PLATFORM_OPS: (120, 235),
    RoleKey.AD_DELIVERY: (120, 385),
    RoleKey.USER_OPS: (415, 310),
    RoleKey.MEMBER_OPS: (665, 310),
    RoleKey.PRIVATE_MALL_OPS: (960, 235),
    RoleKey.DIGITAL_GUIDE: (960, 385),
    RoleKey.CONTENT_MARKETING: (540, 440),
    RoleKey.MERCHANDISE_OPS: (240, 580),
    RoleKey.PRODUCT_OPS: (540, 580),
    RoleKey.TRAINING_ENABLEMENT: (840, 580),
}


@dataclass(frozen=True, slots=True)
class Card:
    """A role's place: the corner and the centre of its card."""

    role: RoleKey
    x: int
    y: int
    centre_x: int
    centre_y: int

    @property
    def name_y(self) -> int:
        """Where the base line of the name stands."""
        return self.y + 24

    @property
    def note_y(self) -> int:
        """Where the base line of the note stands."""
        return self.y + 43


@dataclass(frozen=True, slots=True)
class Curve:
    """A link's way: an SVG path from card edge to card edge."""

    link: RoleLink
    path: str


def cards(own: Sequence[RoleKey] = ()) -> tuple[Card, ...]:
    """Return the 12 cards in the order of the map, and after them those of the workspace's own roles."""
    placed = [*CENTRES.items(), *((role, _in_lane(place)) for place, role in enumerate(own))]
    return tuple(Card(role, x - CARD_WIDTH // 2, y - CARD_HEIGHT // 2, x, y) for role, (x, y) in placed)


def height(own: int) -> int:
    """Return the height of the picture with so many roles of the workspace's own."""
    rows = -(-own // LANE_SEATS)
    return HEIGHT if not rows else LANE_TOP + rows * LANE_STEP


def curves(links: Iterable[RoleLink], own: Sequence[RoleKey] = ()) -> tuple[Curve, ...]:
    """Return the curve of each link between roles that stand on the map."""
    centres = {card.role: (card.centre_x, card.centre_y) for card in cards(own)}
    return tuple(
        Curve(link, _path(centres[link.from_role], centres[link.to_role]))
        for link in links
        if {link.from_role, link.to_role} <= centres.keys()
    )


def _in_lane(place: int) -> tuple[int, int]:
    row, seat = divmod(place, LANE_SEATS)
    step = WIDTH // LANE_SEATS
    return step // 2 + seat * step, LANE_TOP + LANE_STEP // 2 + row * LANE_STEP


def _path(start: tuple[int, int], end: tuple[int, int]) -> str:
    across, down = end[0] - start[0], end[1] - start[1]
    bend = ((start[0] + end[0]) / 2 - down * BOW, (start[1] + end[1]) / 2 + across * BOW)
    x1, y1 = _edge(start, bend, gap=0)
    x2, y2 = _edge(end, bend, gap=ARROW_GAP)
    return f"M{x1:.0f} {y1:.0f}Q{bend[0]:.0f} {bend[1]:.0f} {x2:.0f} {y2:.0f}"


def _edge(centre: tuple[int, int], towards: tuple[float, float], *, gap: int) -> tuple[float, float]:
    """Return where the line from a card's centre leaves the card, `gap` further out."""
    across, down = towards[0] - centre[0], towards[1] - centre[1]
    sides = [half / abs(part) for half, part in ((CARD_WIDTH / 2, across), (CARD_HEIGHT / 2, down)) if abs(part) > 1e-9]
    reach = min(sides) + gap / hypot(across, down)
    return centre[0] + across * reach, centre[1] + down * reach
