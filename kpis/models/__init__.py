"""Tables of the kpis app, one file per subject."""

from __future__ import annotations

from kpis.models.alerts import Alert, AlertEvent, AlertMail, AlertNotice, AlertPreference, AlertRule
from kpis.models.analyses import AnalysisResult
from kpis.models.budget_asks import BudgetAsk, BudgetAskStep, BudgetInstalment, BudgetTarget
from kpis.models.card_lines import CardLine, ShareLine
from kpis.models.definitions import Definition
from kpis.models.guide_tasks import GuideTask, GuideTaskPerson, GuideTaskPicture, GuideTaskStep, RankingChoice
from kpis.models.health import ColumnHealth, DataShare, TableHealth
from kpis.models.pay import PayAdjustment, PayLine, PayPlan, PayRun, PayStatement
from kpis.models.pay_disputes import DisputeStep, DisputeTerm, PayDispute
from kpis.models.pay_rulings import TargetRuling
from kpis.models.pay_simulations import PaySimulation, PaySimulationPerson
from kpis.models.provenance import FactChange, UploadSpan
from kpis.models.publications import Publication, PublishedCard
from kpis.models.reviews import ReviewRound, ReviewTask, RoundEvent
from kpis.models.risks import Risk, RiskAlert, RiskChange
from kpis.models.scorecards import Scorecard
from kpis.models.target_edits import TargetChange, TargetEdit
from kpis.models.targets import Review, Target
from kpis.models.uploads import Part, SavedMapping, Upload, UploadProblem
from kpis.models.values import Computation, KpiValue
from kpis.models.weights import WeightSet

__all__ = [
    "Alert",
    "AlertEvent",
    "AlertMail",
    "AlertNotice",
    "AlertPreference",
    "AlertRule",
    "AnalysisResult",
    "BudgetAsk",
    "BudgetAskStep",
    "BudgetInstalment",
    "BudgetTarget",
    "CardLine",
    "ColumnHealth",
    "Computation",
    "DataShare",
    "Definition",
    "DisputeStep",
    "DisputeTerm",
    "FactChange",
    "GuideTask",
    "GuideTaskPerson",
    "GuideTaskPicture",
    "GuideTaskStep",
    "KpiValue",
    "Part",
    "PayAdjustment",
    "PayDispute",
    "PayLine",
    "PayPlan",
    "PayRun",
    "PaySimulation",
    "PaySimulationPerson",
    "PayStatement",
    "Publication",
    "PublishedCard",
    "RankingChoice",
    "Review",
    "ReviewRound",
    "ReviewTask",
    "Risk",
    "RiskAlert",
    "RiskChange",
    "RoundEvent",
    "SavedMapping",
    "Scorecard",
    "ShareLine",
    "TableHealth",
    "Target",
    "TargetChange",
    "TargetEdit",
    "TargetRuling",
    "Upload",
    "UploadProblem",
    "UploadSpan",
    "WeightSet",
]
