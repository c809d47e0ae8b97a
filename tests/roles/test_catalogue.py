"""The talent map: what it holds, and that every rule notices what it is for."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import pytest

from omnichannel.core.datafiles import DataFileError, freeze, missing_texts, read_yaml
from omnichannel.core.text import Bilingual
from roles.catalogue import ExpectationLevel, RoleKey, RoleKind, SubtypeKey, catalogue_counts, load_roles
from roles.catalogue.checks import check_roles
from roles.catalogue.loader import DATA
from roles.catalogue.specs import RoleCatalogue, RoleSpec


def with_role(key: RoleKey, **changes: object) -> RoleCatalogue:
    catalogue = load_roles()
    role: RoleSpec = replace(catalogue.roles[key], **changes)  # type: ignore[arg-type]
    return replace(catalogue, roles=MappingProxyType({**catalogue.roles, key: role}))


def messages(catalogue: RoleCatalogue) -> list[tuple[str, str]]:
    return [(issue.path, issue.message) for issue in check_roles(catalogue)]


def test_the_shipped_talent_map_has_no_issues() -> None:
    assert check_roles() == ()


def test_the_talent_map_holds_nine_lead_and_three_collaborating_roles_and_53_links() -> None:
    assert catalogue_counts() == {"roles": 12, "lead_roles": 9, "collaborating_roles": 3, "role_links": 53}


def test_each_role_has_one_file_and_the_mapping_keeps_the_order_of_the_map() -> None:
    catalogue = load_roles()
    assert {path.stem for path in (DATA / "roles").glob("*.yaml")} == {key.value for key in RoleKey}
    assert list(catalogue.roles) == list(RoleKey)
    assert [role.kind for role in catalogue.roles.values()] == [RoleKind.LEAD] * 9 + [RoleKind.COLLABORATING] * 3


def test_the_parts_of_the_talent_map_are_complete() -> None:
    catalogue = load_roles()
    assert len(catalogue.positions) == 8
    assert len(catalogue.splits) == 3
    assert len(catalogue.expectations) == 60
    assert len(catalogue.headcount.rules) == 12
    assert len(catalogue.jd.sections) == 9
    assert len(catalogue.cases) == 7
    assert len(catalogue.labour_market) == 10
    assert len(catalogue.reference["training"]["programmes"]) == 7
    assert len(catalogue.reference["meta"]["sources"]) == 31


def test_a_role_reads_as_typed_data_in_both_languages() -> None:
    guide = load_roles().roles[RoleKey.DIGITAL_GUIDE]
    assert guide.names == Bilingual("数字导购", "Digital shopping guide")
    assert "导购" in guide.aliases.in_language("zh-hans")
    assert "Store associate" in guide.aliases.in_language("en")
    assert guide.kpis[:2] == ("guide_store_sales", "guide_mall_sales")
    assert guide.source["definition"] == "001"


def test_links_can_be_asked_from_either_end() -> None:
    catalogue = load_roles()
    given = {link.to_role for link in catalogue.links_from(RoleKey.TRAINING_ENABLEMENT)}
    assert given == {RoleKey.DIGITAL_GUIDE}
    assert {link.from_role for link in catalogue.links_to(RoleKey.TRAINING_ENABLEMENT)} == {
        RoleKey.OMNI_STRATEGY,
        RoleKey.USER_OPS,
    }


def test_expectations_say_what_a_sub_type_needs() -> None:
    catalogue = load_roles()
    assert catalogue.expected(RoleKey.DATA_ANALYSIS, SubtypeKey.MARKET_LED) is ExpectationLevel.SHARED
    assert catalogue.expected(RoleKey.USER_OPS, SubtypeKey.SALES_LED) is ExpectationLevel.CORE


def test_headcount_numbers_are_exact_decimals() -> None:
    rule = load_roles().headcount.rules[RoleKey.DIGITAL_GUIDE]
    assert isinstance(rule.units_per_fte, Decimal)
    assert (rule.units_per_fte, rule.minimum) == (Decimal("0.25"), Decimal(1))


def test_an_unknown_position_is_reported_with_its_place() -> None:
    broken = with_role(RoleKey.USER_OPS, position="heart")
    assert messages(broken) == [("roles.user-ops.position", "there is no position 'heart'")]


def test_a_link_that_only_one_side_knows_is_reported() -> None:
    catalogue = load_roles()
    broken = replace(catalogue, links=catalogue.links[1:])
    paths = {path for path, _ in messages(broken)}
    assert paths == {"roles.omni-strategy.downstream", "roles.user-ops.upstream"}


def test_a_link_given_twice_is_reported() -> None:
    catalogue = load_roles()
    broken = replace(catalogue, links=(*catalogue.links, catalogue.links[0]))
    assert ("links.omni-strategy.user-ops", "the link is given twice") in messages(broken)


def test_a_missing_expectation_is_reported() -> None:
    catalogue = load_roles()
    kept = {key: level for key, level in catalogue.expectations.items() if key[0] is not RoleKey.AD_DELIVERY}
    assert len(check_roles(replace(catalogue, expectations=kept))) == len(SubtypeKey)


def test_an_empty_list_of_duties_is_reported() -> None:
    assert ("roles.user-ops.duties", "the list is empty") in messages(with_role(RoleKey.USER_OPS, duties=()))


def test_a_text_in_one_language_only_is_reported() -> None:
    broken = with_role(RoleKey.USER_OPS, names=Bilingual("用户运营", " "))
    assert messages(broken) == [("roles.user-ops.names", "the en text is missing")]


def test_every_issue_is_collected_at_once() -> None:
    broken = with_role(RoleKey.USER_OPS, position="heart", duties=(), names=Bilingual("", ""))
    assert len(check_roles(broken)) == 4


def test_texts_are_looked_for_at_any_depth() -> None:
    data = freeze({"rows": [{"names": {"zh": "名", "en": ""}}]})
    assert [issue.path for issue in missing_texts(data, "file")] == ["file.rows.0.names"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2\n", "the key 'a' is given twice"),
        ("- 1\n", "holds no mapping"),
        ("a: [1\n", "broken.yaml"),
    ],
)
def test_a_broken_data_file_is_refused_by_name(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataFileError, match=message):
        read_yaml(path)


def test_numbers_with_a_point_are_read_exactly_and_dates_stay_text(tmp_path: Path) -> None:
    path = tmp_path / "data.yaml"
    path.write_text("share: 0.1\nday: 2024-06-01\n", encoding="utf-8")
    assert read_yaml(path) == {"share": Decimal("0.1"), "day": "2024-06-01"}


def test_the_catalogue_cannot_be_changed_by_accident() -> None:
    with pytest.raises(TypeError):
        load_roles().roles[RoleKey.USER_OPS] = None  # type: ignore[index]
