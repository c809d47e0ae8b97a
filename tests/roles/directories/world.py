"""A firm's address book as plain data that a test changes, and the organisation that ours has to equal afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from roles.models import Employment, Person
from roles.queries.org_chart import unit_tree


@dataclass(frozen=True)
class Dept:
    """A department; `place` counts from 0, the first of its siblings."""

    id: str
    name: str
    parent: str | None
    place: int = 0
    leaders: tuple[str, ...] = ()


@dataclass(frozen=True)
class User:
    """A member; the first department is the main one."""

    id: str
    name: str
    depts: tuple[str, ...]
    manager: str = ""
    title: str = ""
    active: bool = True


@dataclass
class World:
    """The address book: departments and members by id. Department 1 is the root."""

    depts: dict[str, Dept] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)

    def dept(self, key: str, name: str, parent: str | None, place: int = 0, *leaders: str) -> None:
        self.depts[key] = Dept(key, name, parent, place, leaders)

    def user(self, key: str, *depts: str, manager: str = "", title: str = "", name: str = "") -> None:
        self.users[key] = User(key, name or f"员工{key}", depts, manager, title)

    def change(self, key: str, **said: object) -> None:
        """Change a department or a member."""
        rows: dict[str, Dept | User] = self.depts if key in self.depts else self.users  # type: ignore[assignment]
        rows[key] = replace(rows[key], **said)  # type: ignore[arg-type]

    def children(self, key: str) -> list[Dept]:
        return sorted((one for one in self.depts.values() if one.parent == key), key=lambda one: one.place)

    def of(self, dept: str) -> list[User]:
        return [one for one in self.users.values() if dept in one.depts]


def firm() -> World:
    """A retailer of five levels."""
    world = World()
    world.dept("1", "云裳集团", None, 0, "boss")
    world.dept("2", "市场部", "1", 1, "mia")
    world.dept("3", "华东大区", "1", 0, "liu")
    world.dept("31", "上海区域", "3", 0, "shen")
    world.dept("311", "静安组", "31", 0)
    world.dept("3111", "上海静安店", "311", 0, "chen")
    world.dept("32", "杭州门店", "3", 1)
    world.dept("4", "项目组", "1", 2)
    world.user("boss", "1", title="总经理")
    world.user("mia", "2", title="市场总监")
    world.user("liu", "3", title="大区经理")
    world.user("shen", "31")
    world.user("chen", "3111", title="店长")
    world.user("gu1", "3111")
    world.user("gu2", "3111", "4")
    world.user("hz1", "32")
    world.user("mkt", "2", "3")
    return world


def big(*, people: int, shops: int) -> World:
    """A chain of many shops."""
    world = World()
    world.dept("1", "云裳集团", None, 0, "u0")
    world.user("u0", "1")
    for shop in range(shops):
        region = str(100 + shop % 10)
        if region not in world.depts:
            world.dept(region, f"第{region}大区", "1", int(region))
        world.dept(str(1000 + shop), f"第{shop}店", region, shop, f"u{shop + 1}")
    for number in range(1, people):
        world.user(f"u{number}", str(1000 + (number - 1) % shops))
    return world


def organisation(*, on: date) -> dict[str, object]:
    """Read our organisation as a test compares it: the tree with the order of siblings, and who belongs where."""
    tree = unit_tree(as_of=on)
    people = dict(Employment.objects.on(on).values_list("person__external_id", "unit__external_id"))
    return {
        "units": {key: (node.name, node.parent) for key, node in tree.nodes.items()},
        "order": {key: list(node.children) for key, node in tree.nodes.items() if node.children},
        "people": people,
    }


def expected(world: World, *, root: str) -> dict[str, object]:
    """Return the same of the address book, whose ids become ours; `root` is our id of department 1."""

    def ours(key: str) -> str:
        return root if key == "1" else key

    return {
        "units": {ours(key): (one.name, one.parent and ours(one.parent)) for key, one in world.depts.items()},
        "order": {ours(key): [each.id for each in below] for key in world.depts if (below := world.children(key))},
        "people": {key: ours(one.depts[0]) for key, one in world.users.items() if one.active},
    }


def managers(*, on: date) -> dict[str, str | None]:
    """Return who reports to whom."""
    return dict(Employment.objects.on(on).values_list("person__external_id", "manager__external_id"))


def names() -> dict[str, str]:
    """Return what people are called."""
    return dict(Person.objects.values_list("external_id", "display_name"))
