"""The dated organisation: units, people, who holds which role where, and the stage a unit has adopted."""

from __future__ import annotations

from roles.models.assignment import Assignment
from roles.models.dated import as_known
from roles.models.directory import DirectoryConnection, DirectoryRun
from roles.models.line import ReportingLine
from roles.models.person import Employment, Person
from roles.models.revision import OrgChange, OrgRevision, SourceId
from roles.models.role_text import RoleText
from roles.models.scenario import Scenario, ScenarioComment, ScenarioStep, draft_mark, showing
from roles.models.scim import ScimMembership, ScimResource
from roles.models.seat import Seat, SeatVersion
from roles.models.stage import AdoptedStage
from roles.models.title import TitleMapping
from roles.models.unit import Unit, UnitVersion

__all__ = [
    "AdoptedStage",
    "Assignment",
    "DirectoryConnection",
    "DirectoryRun",
    "Employment",
    "OrgChange",
    "OrgRevision",
    "Person",
    "ReportingLine",
    "RoleText",
    "Scenario",
    "ScenarioComment",
    "ScenarioStep",
    "ScimMembership",
    "ScimResource",
    "Seat",
    "SeatVersion",
    "SourceId",
    "TitleMapping",
    "Unit",
    "UnitVersion",
    "as_known",
    "draft_mark",
    "showing",
]
