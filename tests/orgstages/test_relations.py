"""Owners of relations: dated, of units and people of the day, unowned first; and the matrix of giver and receiver."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client

from omnichannel.workspaces.models import Workspace
from orgstages.errors import UnitsOfRelation, UnknownOwner, UnknownRelation
from orgstages.queries.relations import Gap, matrix_of, owned_relations
from orgstages.services.relations import own_relation, take_back_relation
from roles.catalogue import SubtypeKey
from roles.choices import Thing
from roles.services.ending import end
from roles.services.sync import UnitInput, upsert_units
from tests.orgstages.world import DAY, write_organisation

LED = SubtypeKey.SALES_LED
URL = "/w/acme/stages/relations/"
ENGLISH = {"accept-language": "en"}


@pytest.fixture
def organisation(in_workspace: Workspace) -> Workspace:
    """The retailer of two business units."""
    write_organisation()
    return in_workspace


def owned(number: int, *, on: date = DAY, giver: str = "UC", receiver: str = "R1", owner: str = "U2") -> None:
    own_relation(
        "BU1", subtype=LED, number=number, giver=giver, receiver=receiver, owner=owner, since=on, actor_id=None
    )


def numbers(on: date) -> list[int]:
    """Return the numbers of the relations that somebody owns on the day."""
    return [one.number for one in owned_relations("BU1", as_of=on, subtype=LED) if one.is_owned]


def test_an_owner_counts_from_their_day_on_until_taken_back_or_gone(organisation: Workspace) -> None:
    owned(7)
    owned(7, receiver="S1", owner="U1")
    owned(2, receiver="D-MKT")
    assert numbers(DAY - timedelta(days=1)) == []
    assert numbers(DAY) == [2, 7]
    found = owned_relations("BU1", as_of=DAY, subtype=LED)
    assert len(found) == 7
    matrix = matrix_of(found)
    assert [name for _unit, name in matrix.receivers] == ["华东大区", "市场部", "静安店"]
    assert matrix.rows == (("UC", "用户中心", ((7,), (2,), (7,))),)
    later = DAY + timedelta(days=10)
    take_back_relation(
        "BU1", subtype=LED, number=2, giver="UC", receiver="D-MKT", since=later, actor_id=None, note="改由电商"
    )
    assert numbers(later) == [7]
    assert numbers(DAY) == [2, 7]
    for person in ("U2", "U1"):
        assert end(Thing.PEOPLE, person, on=later, actor_id=None).issues == ()
    (seven,) = [one for one in owned_relations("BU1", as_of=later, subtype=LED) if one.number == 7]
    assert {pair.gap for pair in seven.pairs} == {Gap.PERSON_GONE}
    assert not seven.is_owned


def test_units_and_people_of_another_day_are_refused(organisation: Workspace) -> None:
    with pytest.raises(UnknownOwner):
        owned(1, owner="GONE")
    with pytest.raises(UnitsOfRelation):
        owned(1, receiver="nowhere")
    with pytest.raises(UnitsOfRelation):
        owned(1, receiver="UC")
    with pytest.raises(UnknownRelation):
        owned(8)
    owned(1, on=date(2024, 6, 1), owner="GONE")  # who worked here then


def test_unowned_relations_stand_first_and_an_owner_is_named_in_the_browser(
    organisation: Workspace, signed_in: Callable[..., Client], django_assert_num_queries: Callable[..., object]
) -> None:
    client = signed_in("hr_lead")
    asked = {"unit": "BU1", "subtype": "sales-led"}
    row = asked | {"number": "1", "giver": "UC", "receiver": "市场部", "owner": "LEAD", "since": DAY.isoformat()}
    assert client.post(f"{URL}own/", row | {"as_of": DAY.isoformat()}).status_code == 302
    page = client.get(URL, asked | {"as_of": DAY.isoformat()}, headers=ENGLISH).content.decode()
    assert "6 of 7 relations have no owner" in page
    assert page.index('id="relation-2"') < page.index('id="relation-1"')
    assert 'href="#relation-1">1</a>' in page
    wrong = client.post(f"{URL}own/", row | {"owner": "GONE"}, headers=ENGLISH)
    assert wrong.status_code == 422
    assert "names no one person" in wrong.content.decode()
    all_wrong = client.post(f"{URL}own/", row | {"giver": "左", "receiver": "右", "owner": "GONE"}, headers=ENGLISH)
    told = all_wrong.content.decode()  # every fault at once, each at its field, and nothing typed is lost
    assert [told.count(f"“{text}” names no one") for text in ("左", "右", "GONE")] == [1, 1, 1]
    assert [f'value="{text}"' in told for text in ("左", "右", "GONE")] == [True] * 3
    dayless = row | {"giver": "左", "receiver": "", "owner": "谁", "since": ""}
    told = client.post(f"{URL}own/", dayless, headers=ENGLISH).content.decode()
    assert told.count('class="field__errors"') == 4, "no unit of any day is called 左, and nobody 谁"
    assert "“谁” names no one person. Write the number." in told
    for sent, many in (({"note": "x" * 301}, 2), ({"since": ""}, 1)):  # GONE may have been here on some day
        told = client.post(f"{URL}own/", row | {"owner": "GONE"} | sent, headers=ENGLISH).content.decode()
        assert told.count('class="field__errors"') == many
    new = UnitInput("BU9", "新事业部", "business_unit", "G")
    assert upsert_units([new], effective_on=DAY, since=DAY, actor_id=None).is_ok
    young = row | {"unit": "BU9", "since": (DAY - timedelta(days=1)).isoformat()}
    early = client.post(f"{URL}own/", young, headers=ENGLISH)
    assert early.status_code == 422
    assert "this unit was not there" in early.content.decode()
    assert client.post(f"{URL}own/", row | {"unit": "NONE"}).status_code == 404
    back = asked | {"number": "1", "giver": "UC", "receiver": "D-MKT", "back": "1", "as_of": DAY.isoformat()}
    assert client.post(f"{URL}own/", back).status_code == 422
    assert client.post(f"{URL}own/", back | {"reason": "换人"}).status_code == 302
    lines = client.get("/w/acme/stages/relations.csv", asked | {"as_of": DAY.isoformat()}).content.decode("utf-8-sig")
    assert lines.count("unowned") == 7
    bounded = signed_in("line_manager", unit_external_id="BU2")
    assert bounded.get(URL, asked).status_code == 404
    assert bounded.get(URL).status_code == 200
    assert bounded.post(f"{URL}own/", row).status_code == 403
