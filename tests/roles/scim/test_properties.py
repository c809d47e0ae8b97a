"""Any sequence of PATCHes reads back as a plain model has it, and the organisation follows. `SCIM_RUNS` runs more."""

from __future__ import annotations

import os
import random
from typing import Any

from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.models import Employment, OrgRevision, Person
from tests.roles.scim.client import ENTERPRISE, ScimClient

RUNS = int(os.environ.get("SCIM_RUNS", "2"))
STEPS = 15
TEXTS = ("displayName", "title", "nickName", "locale", "externalId")
NUMBERS = ("employeeNumber", "costCenter", "division", "organization")
DEPARTMENTS = ("市场部", "电商部", "火星部")


class Model:
    """What a client has said of one user, as plain values."""

    def __init__(self, name: str) -> None:
        self.said: dict[str, Any] = {"userName": name, "active": True}
        self.extension: dict[str, Any] = {}
        self.emails: dict[str, str] = {}

    def expected(self) -> dict[str, Any]:
        """Return how the user must read, but for what is the server's to say."""
        found = dict(self.said)
        if self.extension:
            found[ENTERPRISE] = dict(self.extension)
        if self.emails:
            found["emails"] = [{"type": kind, "value": value} for kind, value in self.emails.items()]
        return found

    def step(self, chance: random.Random, others: list[str]) -> dict[str, Any]:
        """Choose an operation, follow it, and return it as a client writes it."""
        kind = chance.choice(("text", "number", "email", "active", "department", "manager", "many"))
        op = chance.choice(("add", "Replace", "remove"))
        if kind == "text":
            return self._set(self.said, chance.choice(TEXTS), "", op, f"值{chance.randrange(9)}")
        if kind == "number":
            name = chance.choice(NUMBERS)
            return self._set(self.extension, name, f"{ENTERPRISE}:", op, f"{chance.randrange(9)}")
        if kind == "department":
            return self._set(self.extension, "department", f"{ENTERPRISE}:", op, chance.choice(DEPARTMENTS))
        if kind == "manager":
            value = {"value": chance.choice(others)}
            return self._set(self.extension, "manager", f"{ENTERPRISE}:", op, value)
        if kind == "active":
            self.said["active"] = chance.random() < 0.5
            value = self.said["active"]
            return {"op": "Replace", "path": "active", "value": chance.choice((value, str(value)))}
        if kind == "many":
            self.said["title"], self.extension["costCenter"] = "店长", "9"
            return {"op": "replace", "value": {"title": "店长", f"{ENTERPRISE}:costCenter": "9", "id": "mine"}}
        return self._mail(chance, op)

    def _set(self, where: dict[str, Any], name: str, prefix: str, op: str, value: Any) -> dict[str, Any]:
        if op == "remove":
            where.pop(name, None)
            return {"op": op, "path": prefix + name}
        where[name] = value
        return {"op": op, "path": prefix + name, "value": value}

    def _mail(self, chance: random.Random, op: str) -> dict[str, Any]:
        kind = chance.choice(("work", "home"))
        if op == "remove":
            self.emails.pop(kind, None)
            return {"op": op, "path": f'emails[type eq "{kind}"]'}
        self.emails[kind] = f"m{chance.randrange(9)}@x.cn"
        return {"op": op, "path": f'emails[type eq "{kind}"].value', "value": self.emails[kind]}


def read(scim: ScimClient, identity: str) -> dict[str, Any]:
    """Return a user without what is the server's to say."""
    body = scim.ok("GET", f"/Users/{identity}")
    found = {name: value for name, value in body.items() if name not in {"id", "meta", "schemas", "groups"}}
    if "emails" in found:
        found["emails"] = sorted(found["emails"], key=lambda one: str(one["type"]))
    return found


def test_users_read_back_as_they_were_patched(scim: ScimClient, workspace: Workspace) -> None:
    for name in DEPARTMENTS[:2]:
        scim.group(name, externalId=name)
    for run in range(RUNS):
        chance = random.Random(run)
        names = [f"r{run}-{n}@x.cn" for n in range(3)]
        ids = {name: scim.user(name)["id"] for name in names}
        models = {name: Model(name) for name in names}
        for step in range(STEPS):
            name = chance.choice(names)
            others = [ids[other] for other in names if other != name]
            operation = models[name].step(chance, others)
            answer = scim.patch(f"/Users/{ids[name]}", operation)
            assert answer.status == 200, (run, step, operation, answer.body)
            expected = models[name].expected()
            if "emails" in expected:
                expected["emails"] = sorted(expected["emails"], key=lambda one: str(one["type"]))
            assert read(scim, ids[name]) == expected | _taken(answer.body), (run, step, operation)
        _check_organisation(workspace, models)


def _taken(body: dict[str, Any]) -> dict[str, Any]:
    """A name that was given once stays the person's, where nothing else is said."""
    return {"displayName": body["displayName"]} if "displayName" in body else {}


def _check_organisation(workspace: Workspace, models: dict[str, Model]) -> None:
    """Whoever is active is here, and works in the department that was named last, if it is known."""
    with workspace_scope(workspace.pk):
        for name, model in models.items():
            person = Person.objects.filter(external_id=name).first()
            works = Employment.objects.filter(person__external_id=name, during__upper_inf=True).first()
            if not model.said["active"]:
                assert works is None
                continue
            assert person is not None
            assert person.left_on is None
            if model.extension.get("department") in DEPARTMENTS[:2]:
                assert works is not None
                assert works.unit.external_id == model.extension["department"]


def test_groups_read_back_as_they_were_patched(scim: ScimClient, workspace: Workspace) -> None:
    chance = random.Random(3)
    users = [scim.user(f"u{n}@x.cn")["id"] for n in range(4)]
    groups = {scim.group(f"组{n}")["id"]: set[str]() for n in range(3)}
    for step in range(RUNS * 8):
        group = chance.choice(list(groups))
        some = set(chance.sample(users, chance.randrange(1, 4)))
        op = chance.choice(("add", "remove", "replace", "Remove"))
        value = [{"value": one} for one in sorted(some)]
        operation: dict[str, Any] = {"op": op, "path": "members", "value": value}
        if op == "add":
            groups[group] |= some
        elif op == "Remove":
            groups[group] -= some
        elif op == "remove":
            one = min(some)
            groups[group].discard(one)
            operation = {"op": op, "path": f'members[value eq "{one}"]'}
        else:
            groups[group] = some
        assert scim.patch(f"/Groups/{group}", operation).status == 204
        for identity, members in groups.items():
            got = scim.ok("GET", f"/Groups/{identity}").get("members", [])
            assert {one["value"] for one in got} == members, (step, operation)
    with workspace_scope(workspace.pk):
        placed = Employment.objects.filter(during__upper_inf=True).count()
        assert placed == len({one for members in groups.values() for one in members})
        numbers = list(OrgRevision.objects.order_by("number").values_list("number", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))
