"""The talent map as the open workspace has it. Pure code asks here; who reads the workspace's rows registers itself."""

from __future__ import annotations

from collections.abc import Callable

from roles.catalogue.loader import load_roles
from roles.catalogue.specs import RoleCatalogue

_readers: list[Callable[[], RoleCatalogue]] = []


def register_roles(reader: Callable[[], RoleCatalogue]) -> None:
    """Let `reader` answer what the roles of the open workspace are; it gives the shipped map outside of any."""
    _readers[:] = [reader]


def roles_here() -> RoleCatalogue:
    """Return the map with the workspace's names, texts and own roles; the shipped one outside of a workspace.

    `roles` holds the 12 and then the own ones, hidden ones too: who holds a hidden role is still shown.
    """
    return _readers[0]() if _readers else load_roles()
