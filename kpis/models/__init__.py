"""Tables of the kpis app, one file per subject."""

from __future__ import annotations

from kpis.models.card_lines import CardLine, ShareLine
from kpis.models.health import ColumnHealth, DataShare, TableHealth
from kpis.models.provenance import FactChange, UploadSpan
from kpis.models.scorecards import Scorecard
from kpis.models.targets import Review, Target
from kpis.models.uploads import Part, SavedMapping, Upload, UploadProblem
from kpis.models.values import Computation, KpiValue
from kpis.models.weights import WeightSet

__all__ = [
    "CardLine",
    "ColumnHealth",
    "Computation",
    "DataShare",
    "FactChange",
    "KpiValue",
    "Part",
    "Review",
    "SavedMapping",
    "Scorecard",
    "ShareLine",
    "TableHealth",
    "Target",
    "Upload",
    "UploadProblem",
    "UploadSpan",
    "WeightSet",
]
