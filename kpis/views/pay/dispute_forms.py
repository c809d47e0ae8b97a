"""Forms of disputes. They check shape; the services check rules and their faults stand at the fields."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kpis.choices import DisputeReason, DisputeState
from omnichannel.core.toldforms import ToldForm

LONGEST = 2000
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
ANSWERS = (
    (DisputeState.ACCEPTED.value, pgettext_lazy("dispute", "Accepted")),
    (DisputeState.PARTLY.value, pgettext_lazy("dispute", "Partly accepted")),
    (DisputeState.REFUSED.value, pgettext_lazy("dispute", "Refused")),
)


def _money(label: Any, help_text: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=False,
        max_digits=12,
        decimal_places=2,
        min_value=Decimal("-9999999999"),
        help_text=help_text,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "0.01"}),
    )


class ClaimForm(ToldForm):
    """What is wrong with a line."""

    reason = forms.ChoiceField(label=_("What is wrong?"), choices=[("", "–"), *DisputeReason.choices])
    text = forms.CharField(
        label=_("In your words"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Which order, customer or day? That lets it be answered quickly."),
    )
    asked = _money(_("By how much should the line be another?"), _("CNY; leave it empty where you do not know."))
    file = forms.FileField(
        label=_("Picture or file"), required=False, help_text=_("A receipt, a screenshot; up to 10 MB.")
    )


class TakeForm(ToldForm):
    """Who looks into a dispute, and until when."""

    owner = forms.ChoiceField(label=_("Who answers"))
    due_on = forms.DateField(label=_("Answer by"), widget=DAY)
    note = forms.CharField(label=_("Remark"), required=False, max_length=LONGEST)

    def __init__(self, *args: Any, owners: Mapping[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "take-%s", **kwargs})
        self.fields["owner"].choices = [(str(pk), name) for pk, name in owners.items()]  # type: ignore[attr-defined]


class AnswerForm(ToldForm):
    """How a dispute is answered."""

    state = forms.ChoiceField(label=_("The answer"), choices=[("", "–"), *ANSWERS])
    amount = _money(
        _("Granted"),
        _("CNY, paid as a correction with the open month; empty: what was asked. Rows that come later pay no more."),
    )
    answer = forms.CharField(
        label=_("In words"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("It stands on the statement."),
    )


class TermForm(ToldForm):
    """In how many days disputes are answered."""

    days = forms.IntegerField(label=_("Days to answer"), min_value=1, max_value=90)
