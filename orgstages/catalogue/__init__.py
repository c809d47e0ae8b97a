"""Stages and sub-types of the organisation, how to tell them apart, and how to move between them. Pure."""

from __future__ import annotations

from orgstages.catalogue.loader import catalogue_counts, load_stages
from orgstages.catalogue.specs import (
    AutoRule,
    Case,
    FailureMode,
    FitStep,
    How,
    Option,
    Question,
    Relation,
    Section,
    SectionKey,
    StageCatalogue,
    StageSpec,
    SubtypeSpec,
    Transition,
)

__all__ = [
    "AutoRule",
    "Case",
    "FailureMode",
    "FitStep",
    "How",
    "Option",
    "Question",
    "Relation",
    "Section",
    "SectionKey",
    "StageCatalogue",
    "StageSpec",
    "SubtypeSpec",
    "Transition",
    "catalogue_counts",
    "load_stages",
]
