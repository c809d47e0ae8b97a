"""Where a role stands: in the talent map, in the form of organisation and, for a unit or seat, in the tree. Pure."""

from __future__ import annotations

from decimal import Decimal

from omnichannel.core.text import Bilingual
from orgstages.catalogue import SubtypeSpec
from roles.catalogue import RoleKey
from talent.descriptions import words as w
from talent.descriptions.material import Made, Material, Origin, Place, capital
from talent.paper.blocks import Block, heading, paragraph, table


def place_section(m: Material) -> Made:
    """Return the section on the place in the organisation and the reporting line."""
    position = m.catalogue.positions.get(m.role.position)
    rows = []
    origins = [m.field("position")] if "position" in m.changed else []
    if position is not None:
        rows.append((m.say(w.ON_MAP), f"{m.say(position.names)}{_colon(m)}{m.say(position.definition)}"))
        origins.append(Origin(w.FROM_MAP, position.source))
    rows.append((m.say(w.STAGE), f"{m.say(m.stage)}{_colon(m)}{m.say(m.stage_text)}"))
    rows.append((m.say(w.REPORTS_TO), _superior(m)))
    blocks: list[Block] = [table((m.say(w.ITEM), m.say(w.CONTENT)), rows), _forms(m)]
    origins += [Origin(w.FROM_STRUCTURE, form.source) for form in m.forms]
    if m.role.key is not RoleKey.OMNI_STRATEGY:
        origins.append(Origin(w.FROM_RULE, "proposal"))
    if m.place is not None:
        blocks += _in_unit(m, m.place)
        day = m.day.isoformat()
        origins.append(Origin(Bilingual(w.FROM_CHART.zh.format(day=day), w.FROM_CHART.en.format(day=day)), own=w.OWN))
    return blocks, origins


def _colon(m: Material) -> str:
    return "：" if m.language.startswith("zh") else ": "


def _superior(m: Material) -> str:
    """Return whom the role reports to: the lead as the form of organisation says, the others to the lead."""
    strategy = m.say(m.catalogue.roles[RoleKey.OMNI_STRATEGY].names)
    if m.role.key is RoleKey.OMNI_STRATEGY:
        said = dict.fromkeys(m.say(each) for form in m.forms for each in form.reports_to)
        return capital(m.say(w.OR).join(said))
    if m.role.key is RoleKey.DIGITAL_GUIDE:
        return m.say(w.STORE_LEAD, role=strategy)
    return m.say(w.OMNI_LEAD, role=strategy)


def _forms(m: Material) -> Block:
    head = [m.say(each) for each in (w.SUBTYPE, w.EXPECTED, w.LED_BY, w.TEAM_REPORTS, w.PLACED)]
    return table(head, [_form(m, form) for form in m.forms])


def _form(m: Material, form: SubtypeSpec) -> tuple[str, ...]:
    level = m.catalogue.expectation_levels[m.catalogue.expected(m.role.key, form.key)]
    mode = next((one.mode for one in form.positions if one.role is m.role.key), w.NOT_SAID)
    return (
        m.say(form.names),
        f"{m.say(level.names)}{_colon(m)}{m.say(level.definition)}",
        m.say(m.departments[form.leading_department]),
        capital(m.say(w.OR).join(m.say(each) for each in form.reports_to)),
        capital(m.say(mode)),
    )


def _in_unit(m: Material, place: Place) -> list[Block]:
    """Return what the organisation chart says: path, superior, seat, head count, and who else works there."""
    rows = [(m.say(w.UNIT_PATH), " › ".join(place.path))]
    if place.seat:
        fte = shown(place.seat_fte or Decimal(0))
        rows.append((m.say(w.SEAT), m.say(w.SEAT_LINE, title=place.seat, fte=fte)))
    rows += [
        (m.say(w.REPORTS_IN_UNIT), place.superior or m.say(w.TOP_OF_CHART)),
        (m.say(w.STAFF), m.say(w.PEOPLE_FTE, people=place.staff, fte=shown(place.staff_fte))),
        (m.say(w.HOLDERS), m.say(w.PEOPLE_FTE, people=place.holders, fte=shown(place.holders_fte))),
    ]
    blocks: list[Block] = [
        heading(m.say(w.IN_UNIT, unit=place.unit)),
        table((m.say(w.ITEM), m.say(w.CONTENT)), rows),
        heading(m.say(w.TEAM)),
    ]
    if not place.team:
        return [*blocks, paragraph(m.say(w.NO_TEAM))]
    team = [(capital(m.say(line.role)), str(line.people), shown(line.fte)) for line in place.team]
    return [*blocks, table([m.say(each) for each in (w.ROLE, w.PEOPLE, w.FTE)], team, right=(1, 2))]


def shown(fte: Decimal) -> str:
    """Return full-time equivalents with as many places as they need, two at most."""
    return f"{fte:.2f}".rstrip("0").rstrip(".")
