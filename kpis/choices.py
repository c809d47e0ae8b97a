"""Closed lists of the kpis app."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class UploadState(models.TextChoices):
    """Where an upload stands. Nothing of it counts before `loaded`."""

    RECEIVED = "received", _("Received")
    CHECKING = "checking", _("Checking")
    NEEDS_ATTENTION = "needs_attention", _("Needs your attention")
    READY = "ready", _("Ready to load")
    LOADING = "loading", _("Loading")
    LOADED = "loaded", _("Loaded")
    REVERTED = "reverted", _("Reverted")
    UNPACKED = "unpacked", _("Unpacked")
    REFUSED = "refused", _("Cannot be read")
    FAILED = "failed", _("Failed")
    DISCARDED = "discarded", _("Discarded")


class AutoLoad(models.TextChoices):
    """Whether a checked upload loads without a person's button."""

    OFF = "off", _("When a person says so")
    CLEAN = "clean", _("When it has no error")
    GOOD_ROWS = "good_rows", _("Its good rows")


class UploadTurn(models.TextChoices):
    """What changes whether an upload counts; the values are those of the page's addresses and of jobs."""

    LOAD = "load", _("Load")
    REVERT = "revert", _("Revert")
    REAPPLY = "reapply", _("Apply again")


class ProblemSeverity(models.TextChoices):
    """An error keeps the row out; a warning lets it in."""

    ERROR = "error", _("Error")
    WARNING = "warning", _("Warning")


class ScopeKindChoice(models.TextChoices):
    """Whose figure it is; the values are those of `kpis.engine.specs.ScopeKind`."""

    COMPANY = "company", _("Company")
    UNIT = "unit", _("Unit")
    EMPLOYEE = "employee", _("Person")
    CHANNEL = "channel", _("Channel")
    CAMPAIGN = "campaign", _("Campaign")
    ROLE = "role", _("Role")


class SubjectKind(models.TextChoices):
    """Whom a qualitative review is about."""

    EMPLOYEE = "employee", _("Person")
    ROLE = "role", _("Role")
    UNIT = "unit", _("Unit")


class NoDataReason(models.TextChoices):
    """Why there is no value; the values are those of `kpis.engine.specs.NoData`."""

    NO_ROWS = "no_rows", _("No rows in this period")
    TABLE_MISSING = "table_missing", _("The table has not been loaded")
    MISSING_OPERAND = "missing_operand", _("A part of the formula has no value")
    ZERO_DENOMINATOR = "zero_denominator", _("The denominator is zero")
    NOT_AT_SCOPE = "not_at_scope", _("Not defined at this level")
    TOO_FEW_CUSTOMERS = "too_few_customers", _("Too few customers to rank")
    TOO_LARGE = "too_large", _("The number is too large to keep")


class ScoreBand(models.TextChoices):
    """How a score reads; a score at exactly the threshold has reached it."""

    MET = "met", _("Met")
    NEAR = "near", _("Near")
    LOW = "low", _("Low")
    MISSED = "missed", _("Missed")


class WeightsSource(models.TextChoices):
    """Where the weights of a scorecard come from."""

    LIBRARY = "library", _("Library")
    WORKSPACE = "workspace", _("This workspace")
    SUBTYPE = "subtype", _("This workspace, for the sub-type")
    UNIT = "unit", pgettext_lazy("weights", "The unit")
    SHARES = "shares", _("Time shares of the roles")
    EQUAL = "equal", _("Equal weights")


class TargetOrigin(models.TextChoices):
    """How a target came to be what it is."""

    FILE = "file", _("From a file")
    TYPED = "typed", _("Typed")
    COPIED = "copied", _("Copied")
    SPLIT = "split", _("Split by month")
    CASCADED = "cascaded", _("Handed down")
    API = "api", _("By the API")
    UNDO = "undo", _("Undone")


class ComputationKind(models.TextChoices):
    """Values and scorecards from the data, or scorecards again from the values that are there."""

    VALUES = "values", _("Values and scorecards")
    GRADES = "grades", _("Scorecards")


class CauseKind(models.TextChoices):
    """Why a figure differs from the one that was published."""

    DATA = "data", _("Data")
    DEFINITION = "definition", _("Definition")
    WEIGHTS = "weights", _("Weights")
    TARGETS = "targets", _("Targets")
    REVIEWS = "reviews", _("Reviews")
    STAGE = "stage", _("Stage")
    ORGANISATION = "organisation", _("Organisation")
    CALCULATION = "calculation", _("Calculation")


class RoundState(models.TextChoices):
    """Life of a review round: reviewers write while it is open; a signed one is locked."""

    OPEN = "open", pgettext_lazy("round", "Open")
    CLOSED = "closed", pgettext_lazy("round", "Closed")
    SIGNED = "signed", pgettext_lazy("round", "Signed off")


class RoundAction(models.TextChoices):
    """What was done to a review round; the values are those of the page's buttons and of its history."""

    OPENED = "opened", pgettext_lazy("round", "Opened")
    ADDED = "added", pgettext_lazy("round", "Reviewer added")
    REMOVED = "removed", pgettext_lazy("round", "Assignment removed")
    DUE = "due", pgettext_lazy("round", "Due date moved")
    TALKED = "talked", pgettext_lazy("round", "Talked through")
    CLOSED = "closed", pgettext_lazy("round", "Closed")
    REOPENED = "reopened", pgettext_lazy("round", "Opened again")
    SIGNED = "signed", pgettext_lazy("round", "Signed off")


class DefinitionSubject(models.TextChoices):
    """What a workspace may define for itself."""

    KPI = "kpi", _("KPI")
    PARAMETER = "parameter", _("Parameter")


class DefinitionState(models.TextChoices):
    """Life of a revision: a draft counts for nothing, a published one from its day, a retired one ends what counted."""

    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    RETIRED = "retired", _("Retired")
    DISCARDED = "discarded", pgettext_lazy("draft", "Discarded")


class KpiKindName(models.TextChoices):
    """The four KPI kinds as pages write them."""

    RESULT = "result", _("Result")
    PROCESS = "process", _("Process")
    PROGRESS = "progress", _("Progress")
    SUBJECTIVE = "subjective", _("Subjective")


class KpiLayerName(models.TextChoices):
    """The three layers as pages write them."""

    EFFICIENCY = "efficiency", _("Efficiency")
    EFFECT = "effect", pgettext_lazy("layer", "Effect")
    VALUE = "value", pgettext_lazy("layer", "Value")


class KpiUnitName(models.TextChoices):
    """The units of measure that KPIs use, as filters name them."""

    CNY = "CNY", _("Yuan")
    PERCENT = "percent", _("Percentage")
    PER_MILLE = "per_mille", _("Per mille")
    POINTS = "points", _("Percentage points")
    COUNT = "count", _("Count")
    PIECES = "pieces", _("Pieces")
    SCORE_1_5 = "score_1_5", _("Score from 1 to 5")
    SCORE_100 = "score_100", _("Score out of 100")
    NET_SCORE = "net_score", _("Score from −100 to 100")
    RATIO = "ratio", _("Ratio")
    TIMES = "times", _("Times")
    INDEX = "index", _("Index")
    MINUTES = "minutes", _("Minutes")


class ShareSubject(models.TextChoices):
    """What is measured as a part of a whole over all loaded data."""

    ANONYMOUS_ORDERS = "anonymous_orders", _("Orders without a customer")
    UNIFIED = "unified", _("Customers linked across two or more systems")
    CONSENTED = "consented", _("Customers with marketing consent")
    LINKED_SYSTEMS = "linked_systems", _("Customers by number of linked systems")
    LATE_REFUNDS = "late_refunds", _("Refunds that came later than their order")


class RecoveryName(models.TextChoices):
    """How much of a KPI the seed documents still say."""

    NAMED = "named", _("Name and definition")
    DEFINITION = "definition", _("Definition only")
    FRAGMENT = "fragment", _("A fragment")
    DUTY = "duty", _("Read from a duty")
    OTHER_SEED = "other_seed", _("In another seed document")
    CONVENTION = "convention", _("Field standard")
    OWN = "own", _("Defined by this workspace")


class PayPlanState(models.TextChoices):
    """Where a pay plan stands. Approved and retired ones hold from a day."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Waits for approval")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Sent back")
    RETIRED = "retired", _("Retired")


class PayRunState(models.TextChoices):
    """The steps of paying a month, in their order."""

    OPEN = "open", _("Not closed")
    CALCULATED = "calculated", _("Calculated")
    APPROVED = "approved", _("Approved")
    LOCKED = "locked", pgettext_lazy("pay", "Locked")
    PAID = "paid", _("Paid")


class AdjustmentReason(models.TextChoices):
    """Why a closed line is corrected in a later month."""

    LATE = "late", _("Data that came later, refunds among them")
    DISPUTE = "dispute", _("A dispute that was accepted")
    CORRECTION = "correction", _("A correction by HR")


class DisputeReason(models.TextChoices):
    """What somebody holds against a line of their pay."""

    MISSING = "missing", _("Orders or customers are missing")
    CREDIT = "credit", _("Something of mine was credited to somebody else")
    REFUND = "refund", _("A refund that is not mine was taken off")
    RATE = "rate", _("The rate or the step is wrong")
    TARGET = "target", _("The target or the score is wrong")
    ATTENDANCE = "attendance", _("My shifts are wrong")
    OTHER = "other", _("Something else")


class DisputeState(models.TextChoices):
    """Where a dispute stands."""

    OPEN = "open", pgettext_lazy("dispute", "Open")
    IN_REVIEW = "in_review", pgettext_lazy("dispute", "In review")
    ACCEPTED = "accepted", pgettext_lazy("dispute", "Accepted")
    PARTLY = "partly", pgettext_lazy("dispute", "Partly accepted")
    REFUSED = "refused", pgettext_lazy("dispute", "Refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("dispute", "Withdrawn")


class SimulatedAgainst(models.TextChoices):
    """What a simulation holds its plans against."""

    HOLDING = "holding", _("The plans that hold today, on every month")
    PAID = "paid", _("What closed months paid; else the plans of the month")
