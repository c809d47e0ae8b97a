"""The talent map as data: roles, what they hand each other, and what each kind of organisation expects. Pure."""

from __future__ import annotations

from roles.catalogue.loader import catalogue_counts, load_roles
from roles.catalogue.specs import (
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
]
