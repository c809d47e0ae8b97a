"""Refusals of services put where they belong on a form."""

from __future__ import annotations

from django import forms

from omnichannel.core.errors import DomainError
from orgstages.errors import FieldError, SeveralFaults


def add_refusal(form: forms.Form, error: DomainError) -> None:
    """Put each fault at its field, or above the form where none of the form's fields has caused it."""
    for fault in error.faults if isinstance(error, SeveralFaults) else (error,):
        field = fault.field if isinstance(fault, FieldError) else ""
        form.add_error(field if field in form.fields else None, str(fault))
