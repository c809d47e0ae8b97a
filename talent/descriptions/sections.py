"""Job descriptions, composed: nine sections out of the talent map and what the workspace has. Pure: nothing is made up.

Every sentence is a text of the catalogue or the workspace, or a fixed word of jd_words; every section tells where its
data come from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from omnichannel.core.text import Bilingual
from roles.catalogue import RoleKey, RoleKind
from talent.descriptions import words as w
from talent.descriptions.material import Drafted, Made, Material, Origin, capital
from talent.descriptions.place import place_section
from talent.paper.blocks import Block, bullets, heading, paragraph, table

# The national standard is about growing users: the two roles whose work it describes.
GROWTH_ROLES = frozenset({RoleKey.USER_OPS, RoleKey.MEMBER_OPS})


def compose(material: Material) -> tuple[Drafted, ...]:
    """Return the nine sections in the order of the template."""
    found = []
    for section in material.catalogue.jd.sections:
        blocks, origins = SECTIONS[section.id](material)
        heading = capital(material.say(section.names))
        found.append(Drafted(section.id, heading, tuple(blocks), tuple(dict.fromkeys(origins))))
    return tuple(found)


def _name(m: Material) -> Made:
    aliases = [m.listed(list(m.role.aliases.in_language(m.language))) or m.say(w.NONE)]
    kind = w.LEAD if m.role.kind is RoleKind.LEAD else w.COLLABORATING
    rows = [
        (m.say(w.ROLE_NAME), m.role_name),
        (m.say(w.LEVEL), capital(m.level_name)),
        (m.say(w.ALIASES), *aliases),
        (m.say(w.KIND), m.say(kind)),
    ]
    return [table((m.say(w.ITEM), m.say(w.CONTENT)), rows)], [m.field("names")]


def _purpose(m: Material) -> Made:
    return [paragraph(m.say(m.role.definition))], [m.field("definition")]


def _duties(m: Material) -> Made:
    levels = list(m.catalogue.jd.levels)
    by_level = next(one for one in m.catalogue.reference["competence"]["models"] if one["id"] == "by-level")
    said = m.say(by_level["items"][levels.index(m.level)])
    _level, _mark, text = said.partition("：" if "：" in said else ": ")
    items = [capital(m.say(duty)) for duty in m.role.duties]
    origins = [m.field("duties"), Origin(w.FROM_LEVELS, m.catalogue.reference["competence"]["source"])]
    return [paragraph(m.say(w.FOCUS, text=text.strip())), bullets(items, numbered=True)], origins


def _abilities(m: Material) -> Made:
    head = [m.say(each) for each in (w.ABILITY, w.PART, w.NEEDED, w.ANCHOR)]
    rows = [
        (
            capital(m.say(one.names)),
            m.say(one.part),
            m.say(w.SCALE, level=one.needed, name=m.say(one.scale)),
            m.say(one.anchor),
        )
        for one in m.abilities
    ]
    model = Origin(w.FROM_COMPETENCE, m.catalogue.reference["competence"]["source"])
    return [table(head, rows)], [m.field("abilities"), model]


def _kpis(m: Material) -> Made:
    origins = [m.weights_from, Origin(w.FROM_KPIS)] if m.kpis else [m.weights_from]
    if not m.kpis:
        return [paragraph(m.say(w.NO_KPIS))], origins
    weighed = m.kpis[0].weight is not None
    head = [m.say(each) for each in (w.KPI, w.WEIGHT, w.MEASURE, w.DIRECTION, w.DEFINITION)]
    rows = [
        [
            capital(m.say(one.names)),
            "" if one.weight is None else f"{one.weight:.2f}",
            m.say(one.measure),
            m.say(w.UP if one.is_up else w.DOWN),
            m.say(one.definition),
        ]
        for one in m.kpis
    ]
    if not weighed:
        without = [[cell for place, cell in enumerate(row) if place != 1] for row in (head, *rows)]
        return [paragraph(m.say(w.NO_WEIGHTS)), table(without[0], without[1:])], origins
    total = sum((one.weight for one in m.kpis if one.weight is not None), Decimal(0))
    rows.append([m.say(w.TOTAL), f"{total:.2f}", "", "", ""])
    return [table(head, rows, right=[1])], origins


def _level(m: Material) -> Made:
    low, high = m.catalogue.jd.levels[m.level].years
    rows = [
        (m.say(w.LEVEL), capital(m.level_name)),
        (m.say(w.YEARS), m.say(w.YEARS_SPAN, low=low, high=high)),
    ]
    if m.place is not None and m.place.grade:
        rows.append((m.say(w.GRADE), m.place.grade))
    rows.append((m.say(w.PAY), pay_words(m)))
    note = m.say(m.catalogue.jd.note)
    rest = note.partition("：" if "：" in note else ": ")[2]  # the note begins with the number of its source
    advice = [m.say(w.ATTITUDE), capital(rest.strip()).rstrip("。.") + m.say(Bilingual("。", "."))]
    # beginners are chosen by attitude first, the experienced by what they have done
    ordered = advice if m.level == "specialist" else advice[::-1]
    rows.append((m.say(w.ADVICE), m.say(Bilingual("", " ")).join(ordered)))
    band = Origin(w.FROM_PAY, own=w.NO_BAND)
    if m.pay is not None:
        since = m.pay.since.isoformat()
        band = Origin(w.FROM_PAY, own=Bilingual(w.OWN_SINCE.zh.format(day=since), w.OWN_SINCE.en.format(day=since)))
    return [table((m.say(w.ITEM), m.say(w.CONTENT)), rows)], [Origin(w.FROM_LEVELS, "000; 001; 002"), band]


def pay_words(m: Material) -> str:
    """Return the pay range as a sentence; where the workspace has no band it is by agreement."""
    if m.pay is None:
        return m.say(w.PAY_AGREED)
    low, middle, high = (f"{amount:,.0f}" for amount in (m.pay.low, m.pay.middle, m.pay.high))
    span = m.say(w.PAY_SPAN, low=low, middle=middle, high=high)
    return m.say(w.PAY_CITY, span=span, city=m.pay.city) if m.pay.city else span


def _collaboration(m: Material) -> Made:
    blocks: list[Block] = []
    names = m.catalogue.roles
    links_in, links_out = m.catalogue.links_to(m.role.key), m.catalogue.links_from(m.role.key)
    sides = (
        (w.UPSTREAM, w.NO_UPSTREAM, w.FROM, w.RECEIVES, [(link.from_role, link.names) for link in links_in]),
        (w.DOWNSTREAM, w.NO_DOWNSTREAM, w.TO, w.GIVES, [(link.to_role, link.names) for link in links_out]),
    )
    for title, nobody, whom, what, links in sides:
        blocks.append(heading(m.say(title)))
        if links:
            rows = [(capital(m.say(names[other].names)), capital(m.say(given))) for other, given in links]
            blocks.append(table((m.say(whom), m.say(what)), rows))
        else:
            blocks.append(paragraph(m.say(nobody)))
    if not (links_in or links_out):
        return [paragraph(m.say(w.NO_LINKS))], [Origin(w.FROM_MAP)]
    sources = dict.fromkeys(part for link in (*links_in, *links_out) for part in link.source.split("; "))
    return blocks, [Origin(w.FROM_MAP, "; ".join(sources))]


def _training(m: Material) -> Made:
    blocks: list[Block] = []
    if m.programmes:
        head = [m.say(each) for each in (w.PROGRAMME, w.FORM, w.HOURS, w.CERTIFIES)]
        rows = [
            (
                capital(m.say(one.names)),
                capital(m.say(one.form)),
                str(one.hours),
                m.say(w.YES if one.certifies else w.NO),
            )
            for one in m.programmes
        ]
        blocks.append(table(head, rows, right=[2]))
    else:
        blocks.append(paragraph(m.say(w.NO_TRAINING)))
    origins = [m.training_from]
    if m.role.key in GROWTH_ROLES:
        title = m.say(w.NATIONAL, name=m.say(m.national.names), code=m.national.code)
        levels = [(m.say(names), str(hours)) for names, hours in m.national.levels]
        blocks += [heading(title), table((m.say(w.NATIONAL_LEVEL), m.say(w.NATIONAL_HOURS)), levels, right=[1])]
        origins.append(Origin(w.FROM_STANDARD, m.national.source))
    return blocks, origins


SECTIONS: Mapping[str, Callable[[Material], Made]] = {
    "name": _name,
    "place": place_section,
    "purpose": _purpose,
    "duties": _duties,
    "abilities": _abilities,
    "kpis": _kpis,
    "collaboration": _collaboration,
    "level": _level,
    "training": _training,
}
