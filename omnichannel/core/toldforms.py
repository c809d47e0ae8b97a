"""Forms that tell what a service refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django import forms


def add_told(form: forms.Form, faults: Iterable[tuple[str, str]]) -> None:
    """Put each (field, message) at its field, or above the form where none of the form's fields has caused it.

    The form may be wrong in shape already: a field that cannot be read says that, and nothing of what it stands for.
    """
    unread = set(form.errors)
    for field, message in faults:
        if field not in unread:
            form.add_error(field if field in form.fields else None, message)


class ToldForm(forms.Form):
    """A form that puts what the service refused at the fields it is about."""

    def tell(self, faults: Mapping[str, str]) -> None:
        """Add the faults by field."""
        add_told(self, faults.items())
