"""Forms that tell what a service refused."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms


class ToldForm(forms.Form):
    """A form that puts what the service refused at the fields it is about."""

    def tell(self, faults: Mapping[str, str]) -> None:
        """Add the faults by field."""
        for field, message in faults.items():
            self.add_error(field if field in self.fields else None, message)
