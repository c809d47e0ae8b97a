"""The talent map as data: roles, what they hand each other, and what each kind of organisation expects. Pure."""

from __future__ import annotations

from roles.catalogue.here import register_roles, roles_here
from roles.catalogue.loader import catalogue_counts, load_roles
from roles.catalogue.specs import (
    OWN_ROLE,
    OWN_ROLE_PREFIX,
    OWN_ROLE_SHAPE,
    Aliases,
    Case,
    ExpectationLevel,
    LevelSpec,
    Position,
    RoleCatalogue,
    RoleKey,
    RoleKind,
    RoleLink,
    RoleSpec,
    RoleSplit,
    SplitAdvice,
    SplitFigure,
    SplitSign,
    StageKey,
    SubtypeKey,
)

__all__ = [
    "OWN_ROLE",
    "OWN_ROLE_PREFIX",
    "OWN_ROLE_SHAPE",
    "Aliases",
    "Case",
    "ExpectationLevel",
    "LevelSpec",
    "Position",
    "RoleCatalogue",
    "RoleKey",
    "RoleKind",
    "RoleLink",
    "RoleSpec",
    "RoleSplit",
    "SplitAdvice",
    "SplitFigure",
    "SplitSign",
    "StageKey",
    "SubtypeKey",
    "catalogue_counts",
    "load_roles",
    "register_roles",
    "roles_here",
]
