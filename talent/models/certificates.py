"""Certificates, how they are numbered, and the reminders that went out before they expired."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from omnichannel.workspaces.scoping import WorkspaceModel
from talent.models.courses import Enrolment


class CertificatePattern(WorkspaceModel):
    """How numbers are made, with `{year}` and `{serial}`; the newest row counts."""

    pattern = models.CharField(max_length=40)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.pattern


class Certificate(WorkspaceModel):
    """A certificate: of a course held here, or issued elsewhere with the issuer's own number.

    `year` and `serial` made the number of one issued here. A revoked one stays, with the day and the reason.
    """

    number = models.CharField(max_length=64)
    year = models.PositiveSmallIntegerField(null=True)
    serial = models.PositiveIntegerField(null=True)
    person_external_id = models.CharField(max_length=64)
    programme = models.CharField(max_length=48)
    enrolment = models.ForeignKey(Enrolment, null=True, on_delete=models.CASCADE, related_name="certificates")
    issuer = models.CharField(max_length=120, blank=True)
    started_on = models.DateField()
    issued_on = models.DateField()
    expires_on = models.DateField(null=True)
    hours = models.DecimalField(max_digits=6, decimal_places=2)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_on = models.DateField(null=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    revoke_reason = models.CharField(max_length=300, blank=True)

    class Meta(WorkspaceModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "number"], name="certificate_number_once"),
            models.UniqueConstraint(fields=["workspace", "year", "serial"], name="certificate_serial_once"),
            models.UniqueConstraint(
                fields=["enrolment"], condition=Q(revoked_on=None), name="one_standing_certificate_an_enrolment"
            ),
            models.CheckConstraint(condition=~Q(number=""), name="certificate_has_a_number"),
            models.CheckConstraint(
                condition=Q(revoked_on=None) | ~Q(revoke_reason=""), name="certificate_revoked_with_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class CertificateReminder(WorkspaceModel):
    """A certificate's expiry was told, once, to so many members."""

    number = models.CharField(max_length=64)
    person_external_id = models.CharField(max_length=64)
    expires_on = models.DateField()
    told = models.PositiveSmallIntegerField()
    sent_at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "number", "expires_on"], name="reminded_once"),
        ]

    def __str__(self) -> str:
        return self.number
