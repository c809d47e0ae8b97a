"""Refusals of the kpis app."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from omnichannel.core.errors import DomainError


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


class UnknownTable(DomainError):
    """No canonical table of that name."""

    code = "unknown_table"
    status = 422

    def __init__(self, table: str) -> None:
        super().__init__(_("There is no table %(table)s.") % {"table": table})


class MappingInvalid(DomainError):
    """What a person chose cannot be a mapping: unknown table, column or field, or a field fed twice."""

    code = "mapping_invalid"
    status = 422

    def __init__(self) -> None:
        super().__init__(_("Each field can come from one column only, and each column must be one of the file's."))


class LoadRefused(DomainError):
    """The rows were right by themselves but do not fit what is there; the message lists why."""

    code = "load_refused"
    status = 422


class WeightsInvalid(DomainError):
    """The weights cannot be saved. `issues` holds (KPI id or empty, message) for everything that is wrong at once."""

    code = "weights_invalid"
    status = 422

    def __init__(self, issues: Sequence[tuple[str, str]]) -> None:
        self.issues = tuple(issues)
        super().__init__(" ".join(message for _kpi, message in issues))


class NothingToCompute(DomainError):
    """There is no data yet that a computation could use."""

    code = "nothing_to_compute"

    def __init__(self) -> None:
        super().__init__(_("There is nothing to compute yet. Load data first."))
