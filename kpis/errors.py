"""Refusals of the kpis app."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from django.utils.translation import gettext as _

from omnichannel.core.errors import DomainError
from omnichannel.core.issues import Issue

TOLD = 20  # issues that a message names


class UploadTooLarge(DomainError):
    """The file is beyond the size that one upload may have."""

    code = "upload_too_large"
    status = 413

    def __init__(self, *, megabytes: int) -> None:
        text = _("The file is larger than %(megabytes)s MB. Split it, by month for example.")
        super().__init__(text % {"megabytes": megabytes})


class UploadEmpty(DomainError):
    """A file of no bytes."""

    code = "upload_empty"
    status = 422

    def __init__(self, filename: str) -> None:
        super().__init__(_("%(filename)s is empty.") % {"filename": filename})


class UploadBusy(DomainError):
    """The step asked for does not fit where the upload stands."""

    code = "upload_not_ready"

    def __init__(self) -> None:
        super().__init__(_("This upload is at another step by now. Look at it again."))


class UploadChanged(DomainError):
    """Somebody changed the upload since this person looked at it."""

    code = "upload_changed"

    def __init__(self) -> None:
        super().__init__(_("Somebody has changed this upload meanwhile; your change was not taken. Look at it again."))


class CorrectionInvalid(DomainError):
    """Corrections that cannot be taken. `issues` names each by its place, such as `steps.3.column`."""

    code = "correction_invalid"
    status = 422

    def __init__(self, issues: Sequence[Issue]) -> None:
        self.issues = tuple(issues)
        told = "; ".join(f"{issue.path}: {issue.message}" for issue in issues)
        super().__init__(_("This correction cannot be taken: %(reason)s") % {"reason": told})


class UnknownTable(DomainError):
    """No canonical table of that name."""

    code = "unknown_table"
    status = 422

    def __init__(self, table: str) -> None:
        super().__init__(_("There is no table %(table)s.") % {"table": table})


class SheetUnknown(DomainError):
    """No sheet of that name besides the one that was read."""

    code = "unknown_sheet"
    status = 422

    def __init__(self, sheet: str) -> None:
        super().__init__(_("The workbook has no other sheet %(sheet)s.") % {"sheet": sheet})


class MappingInvalid(DomainError):
    """What a person chose cannot be a mapping: unknown table, column or field, or a field fed twice."""

    code = "mapping_invalid"
    status = 422

    def __init__(self) -> None:
        super().__init__(_("Each field can come from one column only, and each column must be one of the file's."))


class MappingNameMissing(DomainError):
    """A mapping is kept under the name of its source."""

    code = "mapping_name_missing"
    status = 422

    def __init__(self) -> None:
        super().__init__(_("Give the source a name under which its columns are remembered."))


class LoadRefused(DomainError):
    """The rows were right by themselves but do not fit what is there; the message lists why."""

    code = "load_refused"
    status = 422


class RevertRefused(DomainError):
    """Facts stand in the way of a revert or re-apply. `issues` holds (key, message) of all of them at once."""

    code = "revert_refused"

    def __init__(self, issues: Sequence[tuple[str, str]]) -> None:
        self.issues = tuple(issues)
        told = "; ".join(f"{key}: {message}" if key else message for key, message in self.issues[:TOLD])
        text = _("Nothing was changed: %(count)s rows stand in the way. %(told)s")
        super().__init__(text % {"count": len(self.issues), "told": told})


class WeightsInvalid(DomainError):
    """The weights cannot be saved. `issues` holds (KPI id or empty, message) for everything that is wrong at once."""

    code = "weights_invalid"
    status = 422

    def __init__(self, issues: Sequence[tuple[str, str]]) -> None:
        self.issues = tuple(issues)
        super().__init__(" ".join(message for _kpi, message in issues))


class UndoRefused(DomainError):
    """Targets of an edit have been changed since, so it cannot be taken back. `keys` are theirs."""

    code = "undo_refused"

    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = tuple(keys)
        text = _("Nothing was undone: %(count)s of these targets have been changed since.")
        super().__init__(text % {"count": len(self.keys)})


class NothingToCompute(DomainError):
    """There is no data yet that a computation could use."""

    code = "nothing_to_compute"

    def __init__(self) -> None:
        super().__init__(_("There is nothing to compute yet. Load data first."))


class TooManyRows(DomainError):
    """More rows in one request than it may have."""

    code = "too_many_rows"
    status = 413

    def __init__(self, *, rows: int, limit: int) -> None:
        text = _("The batch has %(rows)s rows; the limit is %(limit)s. Send it in parts, or as NDJSON.")
        super().__init__(text % {"rows": rows, "limit": limit})


class BodyTooLarge(DomainError):
    """A request with more bytes than it may have."""

    code = "body_too_large"
    status = 413

    def __init__(self, *, megabytes: int) -> None:
        text = _("The request is larger than %(megabytes)s MB. Send it in parts, or upload a file.")
        super().__init__(text % {"megabytes": megabytes})


class NoRows(DomainError):
    """A batch without a row."""

    code = "no_rows"
    status = 422

    def __init__(self) -> None:
        super().__init__(_("The batch has no rows."))


class ColumnsUnsure(DomainError):
    """Keys of a batch that may mean several columns; `columns` maps each to the columns it may mean."""

    code = "column_unsure"
    status = 422

    def __init__(self, columns: Mapping[str, Sequence[str]]) -> None:
        self.columns = dict(columns)
        text = _("It is not sure which column %(names)s is. Use the canonical names.")
        super().__init__(text % {"names": ", ".join(columns)})


class UnknownSystem(DomainError):
    """A source that is no system of the catalogue, or does not feed the table."""

    code = "unknown_system"
    status = 422

    def __init__(self, system: str) -> None:
        super().__init__(_("%(system)s is no system that feeds this table.") % {"system": system})


class PublishedForGood(DomainError):
    """A try to change or delete what has been published."""

    code = "published"

    def __init__(self) -> None:
        super().__init__(_("What is published stays as it is. Publish again instead."))


class NothingToPublish(DomainError):
    """There are no cards, or they are those of the newest publication; `number` is its number then."""

    code = "nothing_to_publish"

    def __init__(self, *, number: int | None = None) -> None:
        if number is None:
            super().__init__(_("There are no scorecards of this period to publish."))
        else:
            text = _("Nothing has changed since publication no. %(number)s.")
            super().__init__(text % {"number": number})


class ReviewRefused(DomainError):
    """A step of a review round that cannot be taken. `issues` lists everything that stands in its way."""

    code = "review_refused"

    def __init__(self, issues: Sequence[str]) -> None:
        self.issues = tuple(issues)
        super().__init__(" ".join(self.issues))


class DefinitionInvalid(DomainError):
    """A definition that cannot be saved or published. `issues` holds (field, code, message) of all that is wrong.

    `label` tells people what a field is called.
    """

    code = "definition_invalid"
    status = 422

    def __init__(self, issues: Sequence[tuple[str, str, str]], *, label: Callable[[str], str] = str) -> None:
        self.issues = tuple(issues)
        told = [f"{label(field)}: {message}" if field else message for field, _code, message in issues]
        super().__init__("; ".join(told))


class DefinitionChanged(DomainError):
    """Somebody saved another revision since this person looked."""

    code = "definition_changed"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Somebody has changed this definition meanwhile; nothing was saved. Look at it, then save again to put"
                " yours in its place."
            )
        )


class NoDraft(DomainError):
    """There is no draft that could be published, discarded or tried."""

    code = "no_draft"

    def __init__(self) -> None:
        super().__init__(_("There is no draft of this definition."))


class DefinitionInUse(DomainError):
    """A KPI that is weighed somewhere cannot be retired; `uses` names where."""

    code = "definition_in_use"

    def __init__(self, uses: Sequence[str]) -> None:
        self.uses = tuple(uses)
        text = _("It is still weighed: %(uses)s. Take it out of these weights first.")
        super().__init__(text % {"uses": "; ".join(self.uses[:TOLD])})


class PlanInvalid(DomainError):
    """A pay plan that cannot pay. `issues` names each fault by its place, such as `components.0.rule.steps`."""

    code = "pay_plan_invalid"
    status = 422

    def __init__(self, issues: Sequence[Issue]) -> None:
        self.issues = tuple(issues)
        told = "; ".join(f"{issue.path}: {issue.message}" for issue in self.issues[:TOLD])
        super().__init__(_("This plan cannot pay: %(reason)s") % {"reason": told})


class PlanStep(DomainError):
    """The step asked for does not fit where the plan or the run stands."""

    code = "pay_step"
    status = 409


class DisputeInvalid(DomainError):
    """What was sent for a dispute cannot be kept; `faults` say what is wrong by field."""

    code = "pay_dispute_invalid"
    status = 422

    def __init__(self, faults: Mapping[str, str]) -> None:
        self.faults = dict(faults)
        super().__init__(" ".join(self.faults.values()))


class OwnDecision(DomainError):
    """Somebody would approve what they have made themselves."""

    code = "own_decision"
    status = 403

    def __init__(self) -> None:
        super().__init__(_("Another person has to approve this: you have made it yourself."))


class RunChanged(DomainError):
    """The statements are not those that the person looked at."""

    code = "pay_run_changed"
    status = 409

    def __init__(self) -> None:
        super().__init__(_("The statements have changed since you looked at them. Look again before you decide."))


class FieldsRefused(DomainError):
    """What a person wrote cannot be kept. `faults` say what is wrong by field; the key `` is about the whole."""

    code = "invalid"
    status = 422

    def __init__(self, faults: Mapping[str, str]) -> None:
        self.faults = dict(faults)
        super().__init__(" ".join(self.faults.values()))


class TaskStepRefused(DomainError):
    """A task is at another step than the reader believes."""

    code = "task_step"
    status = 409


class BudgetStepRefused(DomainError):
    """A decision on a budget request that does not fit where the request stands, or is not this person's to take."""

    code = "budget_step"
    status = 409


class SimulationInvalid(DomainError):
    """A simulation that cannot be begun; `faults` say what is wrong by field."""

    code = "pay_simulation_invalid"
    status = 422

    def __init__(self, faults: Mapping[str, str]) -> None:
        self.faults = dict(faults)
        super().__init__(" ".join(self.faults.values()))
