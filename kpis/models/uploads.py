"""The data door: files received, what is wrong with them, and the immutable parts that they became."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from kpis.choices import AutoLoad, ProblemSeverity, UploadState
from kpis.datasets.checks.problems import Problem, Severity
from omnichannel.core.text import Bilingual
from omnichannel.jobs.choices import JobOrigin, JobState
from omnichannel.workspaces.scoping import WorkspaceModel

BUSY = (UploadState.RECEIVED, UploadState.CHECKING, UploadState.LOADING)


class SavedMapping(WorkspaceModel):
    """How the files of one source are read, mapped and worded: offered again for the next file with these headers.

    `fingerprint` is that of the set of normal headers (`kpis.datasets.meaning.headers`), whatever their order.
    """

    name = models.CharField(max_length=120)
    fingerprint = models.CharField(max_length=64)
    headers = models.JSONField(default=list)
    table_id = models.CharField(max_length=40)
    system = models.CharField(max_length=40, blank=True)
    guess = models.JSONField(default=dict)
    mapping = models.JSONField(default=dict)
    uses = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("name", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "fingerprint", "table_id"], name="saved_mapping_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Upload(WorkspaceModel):
    """One file on its way in. `revision` counts what a person changed: a check of an older revision writes nothing.

    `steps` are a person's corrections in order (datasets/repair/fixes.py); the last can be taken back. `parent` is the
    archive or workbook this one came out of (`member`: its name in there). `system`: the catalogue's id of the system
    that exported the file.

    `seq` is the order in which uploads came to count: of two rows with one key the higher seq is the current one.
    It counts since `visible_from`; null while it does not (`UploadSpan` knows the past). `overlaps`: some rows replace
    rows that were there before.
    """

    filename = models.CharField(max_length=255)
    path = models.CharField(max_length=200)
    bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    table_id = models.CharField(max_length=40, blank=True)
    guess = models.JSONField(default=dict)
    mapping = models.JSONField(default=dict)
    confirmed = models.BooleanField(default=False)
    steps = models.JSONField(default=list)
    system = models.CharField(max_length=40, blank=True)
    saved_mapping = models.ForeignKey(SavedMapping, null=True, on_delete=models.SET_NULL, related_name="mapped_uploads")
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="members")
    member = models.CharField(max_length=255, blank=True)
    revision = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=16, choices=UploadState.choices, default=UploadState.RECEIVED)
    inspected = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    effect = models.JSONField(default=dict)
    staged = models.JSONField(default=dict)
    seq = models.BigIntegerField(null=True)
    overlaps = models.BooleanField(default=False)
    auto_load = models.CharField(max_length=10, choices=AutoLoad.choices, default=AutoLoad.OFF)
    then_compute = models.BooleanField(default=True)
    check_job = models.ForeignKey("jobs.Job", null=True, on_delete=models.PROTECT, related_name="+")
    load_job = models.ForeignKey("jobs.Job", null=True, on_delete=models.PROTECT, related_name="+")
    origin = models.CharField(max_length=10, choices=JobOrigin.choices, default=JobOrigin.WEB)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    loaded_at = models.DateTimeField(null=True)
    visible_from = models.DateTimeField(null=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("-id",)
        indexes: ClassVar = [
            models.Index(fields=["workspace", "-id"], name="upload_newest"),
            models.Index(fields=["workspace", "sha256"], name="upload_same_bytes"),
            models.Index(fields=["workspace", "table_id", "seq"], name="upload_of_table"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "seq"], name="upload_seq_once"),
            models.CheckConstraint(condition=Q(state__in=UploadState.values), name="upload_state_known"),
            models.CheckConstraint(condition=Q(auto_load__in=AutoLoad.values), name="upload_auto_load_known"),
            models.CheckConstraint(condition=Q(origin__in=JobOrigin.values), name="upload_origin_known"),
            models.CheckConstraint(condition=Q(bytes__gte=0), name="upload_bytes_not_negative"),
            models.CheckConstraint(
                condition=Q(visible_from=None) | Q(state=UploadState.LOADED), name="upload_counts_when_loaded"
            ),
            models.CheckConstraint(
                condition=~Q(state=UploadState.LOADED)
                | Q(seq__isnull=False, visible_from__isnull=False, loaded_at__isnull=False),
                name="upload_loaded_has_its_place",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.filename}"

    def get_absolute_url(self) -> str:
        """Return the upload's page. Reads the workspace's slug (a query unless it is loaded)."""
        return reverse("kpis:upload", args=[self.workspace.slug, self.pk])

    @property
    def file(self) -> Path:
        """Where the bytes as received lie."""
        return settings.DATA_ROOT / self.path

    @property
    def folder(self) -> Path:
        """The upload's own folder: the file, and the work of its jobs."""
        return self.file.parent

    @property
    def standing(self) -> UploadState:
        """The state, unless its job ended without bringing it further. Reads the jobs (queries unless loaded)."""
        state = UploadState(self.state)
        job = self.load_job if state is UploadState.LOADING else self.check_job
        if state in BUSY and job is not None and job.state in (JobState.FAILED, JobState.CANCELLED):
            return UploadState.FAILED
        return state


class UploadProblem(WorkspaceModel):
    """One thing wrong with one cell, row or the whole file (line null), in both languages."""

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="problems")
    sheet = models.CharField(max_length=120, blank=True)
    line = models.BigIntegerField(null=True)
    column = models.CharField(max_length=200, blank=True)
    value = models.TextField(blank=True)
    code = models.CharField(max_length=60)
    severity = models.CharField(max_length=8, choices=ProblemSeverity.choices)
    message_zh = models.TextField()
    message_en = models.TextField()
    hint_zh = models.TextField(blank=True)
    hint_en = models.TextField(blank=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("id",)
        indexes: ClassVar = [models.Index(fields=["workspace", "upload", "id"], name="problem_of_upload")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(severity__in=ProblemSeverity.values), name="problem_severity_known"),
        ]

    def __str__(self) -> str:
        return f"{self.line} {self.column} {self.code}"

    def as_found(self) -> Problem:
        """Return the problem as the check found it."""
        return Problem(
            sheet=self.sheet,
            line=self.line,
            column=self.column,
            value=self.value,
            code=self.code,
            message=Bilingual(self.message_zh, self.message_en),
            hint=Bilingual(self.hint_zh, self.hint_en),
            severity=Severity(self.severity),
        )


class Part(WorkspaceModel):
    """One immutable Parquet file: the good rows of one upload for one table and month, and the cells as they came."""

    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, related_name="parts")
    table_id = models.CharField(max_length=40)
    month = models.CharField(max_length=7, blank=True)
    path = models.CharField(max_length=240)
    raw_path = models.CharField(max_length=240, blank=True)
    rows = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    bytes = models.BigIntegerField()
    first_day = models.DateField(null=True)
    last_day = models.DateField(null=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("table_id", "month", "id")
        indexes: ClassVar = [models.Index(fields=["workspace", "table_id", "month"], name="part_of_table")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "path"], name="part_path_once"),
            models.CheckConstraint(condition=Q(rows__gt=0), name="part_has_rows"),
            models.CheckConstraint(
                condition=Q(first_day=None) | Q(last_day__gte=F("first_day")), name="part_days_in_order"
            ),
        ]

    def __str__(self) -> str:
        return self.path

    @property
    def file(self) -> Path:
        """Where the part lies."""
        return settings.DATA_ROOT / self.path
