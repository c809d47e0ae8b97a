"""Forms of the pages of alerts and risks. They check shape; services check rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kpis.alert_choices import LevelName, MailChoice, Recipient, RiskKind, RiskState
from kpis.engine.alerting import Level
from omnichannel.core.periods import YEARS
from roles.choices import UnitLevel

Options = Sequence[tuple[str, str]]
LONGEST = 4000


def _long(label: Any, *, help_text: Any = "", required: bool = False) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": 3})
    return forms.CharField(label=label, required=required, max_length=LONGEST, widget=area, help_text=help_text)


def _boxes() -> forms.CheckboxSelectMultiple:
    """Return boxes to tick, in columns of their own and scrolled when they are many."""
    return forms.CheckboxSelectMultiple(attrs={"class": "choices"})


class HandlingForm(forms.Form):
    """Who answers for an alert, its cause, and what is done about it."""

    owner = forms.ChoiceField(label=_("Who answers for it"))
    cause = _long(_("Cause"))
    action = _long(_("What is done about it"))

    def __init__(self, *args: Any, owners: Options, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].choices = owners  # type: ignore[attr-defined]


class ReviewForm(forms.Form):
    """The look back at an alert: all three parts are wanted."""

    before = _long(_("Before: what could have been seen or prevented?"), required=True)
    during = _long(_("During: what was done, and how fast?"), required=True)
    after = _long(_("After: what changes from now on?"), required=True)


class PreferenceForm(forms.Form):
    """Which messages a member wants."""

    least = forms.ChoiceField(label=_("Email me about"), choices=MailChoice.choices)
    language = forms.ChoiceField(label=_("Language of the messages"), choices=settings.LANGUAGES)


def _cut(level: Level) -> forms.DecimalField:
    label = LevelName(level.value).label
    return forms.DecimalField(label=label, required=False, min_value=0, max_digits=12, decimal_places=2)


class RuleForm(forms.Form):
    """Thresholds of a rule, where it looks, at what, and who hears of it."""

    is_on = forms.BooleanField(label=_("The rule is on"), required=False)
    yellow, orange, red = (_cut(level) for level in Level)
    scopes = forms.MultipleChoiceField(label=_("Looks at"), required=False, widget=_boxes(), choices=[])
    subjects = forms.MultipleChoiceField(required=False, widget=_boxes(), label=_("Only these"), choices=[])
    notify_yellow, notify_orange, notify_red = (
        forms.MultipleChoiceField(
            label=LevelName(level.value).label,
            required=False,
            widget=forms.CheckboxSelectMultiple,
            choices=Recipient.choices,
        )
        for level in Level
    )
    note = forms.CharField(label=_("Why"), required=False, max_length=400)

    def __init__(self, *args: Any, subjects: Options, subjects_help: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = [("company", _("Company")), *UnitLevel.choices]  # type: ignore[attr-defined]
        self.fields["subjects"].choices = subjects  # type: ignore[attr-defined]
        self.fields["subjects"].help_text = subjects_help
        if not subjects:
            del self.fields["subjects"]


class RiskForm(forms.Form):
    """A risk as a person writes it."""

    title = forms.CharField(label=_("Title"), max_length=160)
    kind = forms.ChoiceField(label=_("Kind of risk"), choices=RiskKind.choices)
    level = forms.ChoiceField(label=pgettext_lazy("alert", "Level"), choices=LevelName.choices)
    state = forms.ChoiceField(label=_("State"), choices=RiskState.choices)
    unit = forms.ChoiceField(label=_("Unit"), required=False)
    owner = forms.ChoiceField(label=pgettext_lazy("risk", "Owner"))
    description = _long(_("What may happen"))
    mitigation = _long(_("What is done about it"))
    review_on = forms.DateField(label=_("Review on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    alerts = forms.MultipleChoiceField(label=_("Alerts in which it showed"), required=False, widget=_boxes())

    def __init__(self, *args: Any, units: Options, owners: Options, alerts: Iterable[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = units  # type: ignore[attr-defined]
        self.fields["owner"].choices = owners  # type: ignore[attr-defined]
        self.fields["alerts"].choices = list(alerts)  # type: ignore[attr-defined]

    def clean_review_on(self) -> Any:
        """A date that a business can mean."""
        day = self.cleaned_data["review_on"]
        if day.year not in YEARS:
            raise forms.ValidationError(_("This is no date. Write 2026-11-30."))
        return day
