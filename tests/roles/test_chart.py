"""What of a tree is drawn, the forms of names that are typed, and the search: pure, on trees made up here."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest

from roles.catalogue import RoleKey, StageKey, SubtypeKey
from roles.chart.drawn import MOST_DRAWN, Asked, Drawn, More, Section, branch, page_of, picture
from roles.chart.nodes import Forest, Kind, Node, PersonCard, UnitCard, key_of, kind_of
from roles.chart.pinyin import typed_forms
from roles.chart.search import entries, find
from roles.choices import FillMode, UnitLevel


def unit(external_id: str, name: str = "", city: str = "") -> Node:
    card = UnitCard(
        UnitLevel.STORE, city, False, 0, 0, Decimal(0), 0, StageKey.PROJECT, SubtypeKey.PROJECT_TEAM, False, (), (),
        None, (), 0, 0,
    )  # fmt: skip
    return Node(key_of(Kind.UNIT, external_id), Kind.UNIT, external_id, name or external_id, card)


def person(external_id: str, name: str, *, title: str = "", unit_name: str = "", role: RoleKey | None = None) -> Node:
    roles = ((role, Decimal(1)),) if role else ()
    card = PersonCard(title, "U", unit_name, Decimal(1), FillMode.INTERNAL, roles, None, False, 0, 0)
    return Node(key_of(Kind.PERSON, external_id), Kind.PERSON, external_id, name, card)


def forest(below: dict[str, list[str]], *, leaves: dict[str, list[Node]] | None = None) -> Forest:
    """Make a forest of units by id; who is nobody's child is a root."""
    leaves = leaves or {}
    ids = {*below, *(child for children in below.values() for child in children)}
    nodes = {key_of(Kind.UNIT, each): unit(each) for each in sorted(ids)}
    nodes |= {node.key: node for hung in leaves.values() for node in hung}
    parents = {f"u:{child}": f"u:{parent}" for parent, children in below.items() for child in children}
    parents |= {node.key: f"u:{parent}" for parent, hung in leaves.items() for node in hung}
    return Forest(
        nodes,
        parents,
        {f"u:{parent}": tuple(node.key for node in hung) for parent, hung in leaves.items()},
        {f"u:{parent}": tuple(f"u:{child}" for child in children) for parent, children in below.items()},
        tuple(key for key in nodes if key not in parents),
    )


SMALL = forest({"G": ["R1", "R2"], "R1": ["S1", "S2"], "R2": ["S3"]})
WIDE = forest({"G": ["R"], "R": [f"S{number:04d}" for number in range(3_000)]})


def keys(rows: tuple[Drawn | More, ...]) -> list[str]:
    """Return what is drawn, from top to bottom."""
    found = []
    for row in rows:
        if isinstance(row, Drawn):
            found += [row.node.key, *keys(row.below)]
    return found


def first(rows: tuple[Drawn | More, ...]) -> Drawn:
    assert isinstance(rows[0], Drawn)
    return rows[0]


def test_levels_open_from_the_root_on() -> None:
    assert keys(picture(SMALL, Asked(level=1)).rows) == ["u:G"]
    assert keys(picture(SMALL, Asked(level=2)).rows) == ["u:G", "u:R1", "u:R2"]
    assert keys(picture(SMALL, Asked(root="u:R1", level=2)).rows) == ["u:R1", "u:S1", "u:S2"]


def test_what_is_asked_for_opens_with_the_way_to_it_and_the_focus_is_in_sight() -> None:
    assert keys(picture(SMALL, Asked(opened=("u:R2",))).rows) == ["u:G", "u:R1", "u:R2", "u:S3"]
    assert keys(picture(SMALL, Asked(focus="u:S1")).rows) == ["u:G", "u:R1", "u:S1", "u:S2", "u:R2"]
    assert keys(picture(SMALL, Asked(opened=("u:nowhere",), focus="x")).rows) == ["u:G"]


def test_a_node_knows_its_level_and_its_place_among_all_others() -> None:
    top = first(picture(SMALL, Asked(level=2)).rows)
    second = top.below[1]
    assert isinstance(second, Drawn)
    assert (top.level, top.position, top.size, top.is_open) == (1, 1, 1, True)
    assert (second.level, second.position, second.size, second.is_open, second.has_below) == (2, 2, 2, False, True)


def test_a_level_of_3000_is_drawn_page_by_page_and_the_rest_is_offered() -> None:
    below = branch(WIDE, "u:R", level=2)
    assert len(keys(below)) == 50
    rest = below[-1]
    assert isinstance(rest, More)
    assert (rest.start, rest.end, rest.total, rest.is_before) == (50, 100, 3_000, False)
    drawn, start, pages = [], 0, 0
    while True:
        page = page_of(WIDE, "u:R", Section.BRANCHES, start=start, level=2)
        drawn += keys(page)
        after = [row for row in page if isinstance(row, More) and not row.is_before]
        if not after:
            break
        start, pages = after[0].start, pages + 1
    assert drawn == list(WIDE.branches["u:R"])
    assert pages == 59


def test_a_hit_deep_in_a_long_level_opens_the_page_it_stands_on() -> None:
    below = first(first(picture(WIDE, Asked(focus="u:S1234")).rows).below).below
    assert keys(below)[0] == "u:S1200"
    assert "u:S1234" in keys(below)
    offers = [(row.start, row.is_before) for row in below if isinstance(row, More)]
    assert offers == [(1_150, True), (1_250, False)]
    hit = next(row for row in below if isinstance(row, Drawn) and row.node.key == "u:S1234")
    assert (hit.position, hit.size) == (1_235, 3_000)


def test_no_answer_draws_more_than_the_most_whatever_is_asked() -> None:
    many = forest({"G": [f"R{number}" for number in range(40)]} | {
        f"R{number}": [f"S{number}-{each}" for each in range(90)] for number in range(40)
    })  # fmt: skip
    for asked in (Asked(level=9), Asked(opened=tuple(f"u:R{number}" for number in range(40)))):
        drawn = picture(many, asked)
        assert drawn.is_cut
        assert drawn.drawn == len(keys(drawn.rows)) <= MOST_DRAWN
    assert not picture(many, Asked(level=2)).is_cut


def test_people_come_before_units_and_are_counted_together() -> None:
    hung = [person(f"E{number:02d}", f"人{number}") for number in range(40)]
    mixed = forest({"G": ["R1", "R2"]}, leaves={"G": hung})
    below = first(picture(mixed, Asked(level=2)).rows).below
    assert keys(below) == [*(node.key for node in hung[:30]), "u:R1", "u:R2"]
    last = below[-1]
    assert isinstance(last, Drawn)
    assert (last.position, last.size) == (42, 42)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("华东大区", ["hddq", "huadongdaqu", "daqu", "dq"]),
        ("重庆解放碑店", ["cqjfbd", "chongqing"]),
        ("曾小贤", ["zxx", "cxx", "zengxiaoxian"]),
        ("吕布", ["lb", "lvbu"]),
        ("静安·A1店", ["jad", "jaa1d", "jingana1dian", "a1d"]),
    ],
)
def test_a_name_is_found_by_what_one_types_for_it(name: str, typed: list[str]) -> None:
    forms = typed_forms(name)
    assert [letters for letters in typed if f"\n{letters}" not in forms] == []
    assert "\nuadong" not in forms


def test_a_name_without_chinese_has_no_typed_forms() -> None:
    assert typed_forms("Store 1") == ""


def test_the_search_knows_name_id_title_role_department_and_pinyin_and_every_word_must_fit() -> None:
    hung = [
        person("E1", "王导", title="店长", unit_name="上海静安店", role=RoleKey.DIGITAL_GUIDE),
        person("E10", "静安"),
        person("X1", "王静安", title="导购"),
    ]
    tree = forest({"G": ["R1"]}, leaves={"G": hung})
    index = entries(tree)

    def found(words: str) -> list[str]:
        return list(find(index, words, most=10).keys)

    assert found("静安") == ["p:E10", "p:X1", "p:E1"], "the name itself, then a name that holds it, then the department"
    assert found("e1") == ["p:E1", "p:E10"]
    assert found("dianzhang") == found("dz") == ["p:E1"]
    assert found("digital guide") == found("静安 店长") == ["p:E1"]
    assert found("wja") == ["p:X1"]
    assert found("ｗｊａ") == ["p:X1"], "full-width letters of an input method"
    assert found("店长 nobody") == found("") == found("  ") == []
    assert find(index, "1", most=1).total == 4


def test_keys_are_split_at_the_first_colon_only() -> None:
    assert kind_of("u:a:b/c") == (Kind.UNIT, "a:b/c")
    assert kind_of("x:1") is kind_of("u:") is kind_of("nothing") is None


def test_walking_the_tree_meets_everything_once_and_parents_first() -> None:
    order = list(SMALL.walk("u:G"))
    assert sorted(order) == sorted(SMALL.nodes)
    for node in order[1:]:
        assert order.index(SMALL.parents[node]) < order.index(node)
    assert all(SMALL.parents[below] == above for above, below in pairwise(SMALL.path("u:S3")))
    assert SMALL.depth() == 3
