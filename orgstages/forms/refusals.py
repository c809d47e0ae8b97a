"""Refusals of services put where they belong on a form."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms

from omnichannel.core.errors import DomainError
from omnichannel.core.toldforms import add_told
from orgstages.errors import FieldError, SeveralFaults


def add_refusal(form: forms.Form, error: DomainError) -> None:
    """Put each fault at its field, or above the form where none of the form's fields has caused it."""
    add_faults(form, error.faults if isinstance(error, SeveralFaults) else (error,))


def add_faults(form: forms.Form, faults: Iterable[DomainError]) -> None:
    """Put faults of rules where `add_refusal` does, beside the faults of shape that the form may have."""
    add_told(form, [(fault.field if isinstance(fault, FieldError) else "", str(fault)) for fault in faults])
