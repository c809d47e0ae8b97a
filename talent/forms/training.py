"""Forms of training. They check shape; services check rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from omnichannel.core.dayfields import day_field
from omnichannel.core.periods import parse_day
from omnichannel.core.text import Bilingual
from roles.catalogue import RoleKey
from roles.catalogue.training import ProgrammeLevel
from talent.choices import LevelLabel
from talent.queries.training import Programme
from talent.services.training import ProgrammeWanted

PEOPLE = "training-people"  # the list of suggestions on a page
BETWEEN = "|"


def _offer(form: forms.Form, **options: Sequence[tuple[str, Any]]) -> None:
    """Let fields offer what the page knows."""
    for name, choices in options.items():
        field = form.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells the type checker what the forms declare
        field.choices = list(choices)


class PairsField(forms.CharField):
    """Texts in both languages, one a line: Chinese | English. A line without a bar is the same in both."""

    widget = forms.Textarea(attrs={"rows": 4})

    def clean(self, value: Any) -> Any:
        """Return the texts; a line with an empty side is refused with its number."""
        pairs, wrong = [], []
        for place, line in enumerate(str(super().clean(value)).splitlines(), 1):
            if not line.strip():
                continue
            zh, bar, en = (part.strip() for part in line.partition(BETWEEN))
            if not zh or (bar and not en):
                wrong.append(say("Line %(n)s has one language only.") % {"n": place})
            pairs.append(Bilingual(zh, en or zh))
        if wrong:
            raise forms.ValidationError(wrong)
        return tuple(pairs)


class DaysField(forms.CharField):
    """Days such as 2026-11-30, one a line or with commas between."""

    def clean(self, value: Any) -> Any:
        """Return the days; every text that is none is named."""
        words = str(super().clean(value)).replace(",", " ").replace("，", " ").replace("、", " ").split()
        days: list[date] = []
        wrong = []
        for word in words:
            try:
                days.append(parse_day(word))
            except ValueError:
                wrong.append(say("“%(text)s” is no date. Write 2026-11-30.") % {"text": word[:20]})
        if wrong:
            raise forms.ValidationError(wrong)
        return days


class ProgrammeForm(forms.Form):
    """A programme of the workspace; the catalogue's keep their id."""

    key = forms.CharField(label=_("Id"), max_length=48, required=False, help_text=_("Small letters, digits, hyphens."))
    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=80)
    name_en = forms.CharField(label=_("Name in English"), max_length=80)
    level = forms.ChoiceField(label=_("Level"), choices=LevelLabel.choices)
    audience = forms.MultipleChoiceField(
        label=_("Roles"), required=False, help_text=_("No role chosen: everybody."), widget=forms.CheckboxSelectMultiple
    )
    people = PairsField(label=_("For whom"), required=False, help_text=_("One a line: Chinese | English."))
    topics = PairsField(label=_("Topics"), required=False, help_text=_("One a line: Chinese | English."))
    form_zh = forms.CharField(label=_("Form in Chinese"), max_length=80)
    form_en = forms.CharField(label=_("Form in English"), max_length=80)
    hours = forms.IntegerField(label=_("Hours"), min_value=1, max_value=1000)
    certifies = forms.BooleanField(label=_("Ends with a certificate"), required=False)
    valid_months = forms.IntegerField(
        label=_("Certificate valid for months"),
        required=False,
        min_value=1,
        max_value=240,
        help_text=_("Empty: it does not expire."),
    )
    pass_mark = forms.IntegerField(label=_("Pass mark"), min_value=0, max_value=100)
    attendance = forms.IntegerField(label=_("Attendance needed, percent of the days"), min_value=1, max_value=100)
    note = forms.CharField(label=_("Why"), max_length=300, required=False, help_text=_("Kept in the history."))

    def __init__(self, data: object = None, *, roles: Sequence[tuple[str, str]], is_new: bool, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)  # type: ignore[arg-type]
        _offer(self, audience=roles)
        if not is_new:
            del self.fields["key"]

    def wanted(self) -> ProgrammeWanted:
        """Return what was typed."""
        said = self.cleaned_data
        return ProgrammeWanted(
            names=Bilingual(said["name_zh"], said["name_en"]),
            level=ProgrammeLevel(said["level"]),
            audience=tuple(said["audience"]),
            people=said["people"] or (),
            topics=said["topics"] or (),
            form=Bilingual(said["form_zh"], said["form_en"]),
            hours=said["hours"],
            certifies=said["certifies"],
            valid_months=said["valid_months"],
            pass_mark=said["pass_mark"],
            attendance=said["attendance"],
        )


def programme_initial(one: Programme) -> dict[str, Any]:
    """Return a programme as its form shows it."""
    lines = {
        name: "\n".join(f"{each.zh} {BETWEEN} {each.en}" for each in getattr(one, name))
        for name in ("people", "topics")
    }
    return {
        "name_zh": one.names.zh,
        "name_en": one.names.en,
        "level": one.level.value,
        "audience": list(one.audience),
        **lines,
        "form_zh": one.form.zh,
        "form_en": one.form.en,
        "hours": one.hours,
        "certifies": one.certifies,
        "valid_months": one.valid_months,
        "pass_mark": one.pass_mark,
        "attendance": one.attendance,
    }


class CourseForm(forms.Form):
    """When and where a programme is held."""

    programme = forms.ChoiceField(label=_("Programme"))
    unit = forms.ChoiceField(label=_("Held for"), help_text=_("The unit whose manager may record it."))
    days = DaysField(label=_("Days"), help_text=_("Such as 2026-11-30, several with commas."))
    trainer = forms.CharField(label=_("Trainer"), max_length=120)
    place = forms.CharField(label=_("Place or link"), max_length=160)
    is_online = forms.BooleanField(label=_("Online"), required=False)
    capacity = forms.IntegerField(label=_("Course seats"), min_value=1, max_value=1000)
    is_open = forms.BooleanField(label=_("People may enrol themselves"), required=False)
    note = forms.CharField(label=_("Remark"), max_length=300, required=False)

    def __init__(
        self,
        data: object = None,
        *,
        programmes: Sequence[tuple[str, str]],
        units: Sequence[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)  # type: ignore[arg-type]
        _offer(self, programme=programmes, unit=units)


class EnrolForm(forms.Form):
    """Who is enrolled: names or numbers, one a line."""

    people = forms.CharField(
        label=_("People"), help_text=_("Names or numbers, one a line."), max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


class ReasonForm(forms.Form):
    """Why something is given up."""

    reason = forms.CharField(label=_("Reason"), max_length=300)


class FeedbackForm(forms.Form):
    """What a trainee says."""

    score = forms.IntegerField(label=_("Satisfaction, 0 to 100"), min_value=0, max_value=100)
    remark = forms.CharField(
        label=_("Remark"), max_length=600, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Shown to HR and the manager without your name."),
    )  # fmt: skip


class OfProgramme(forms.Form):
    """Somebody and a programme: the page says which programmes there are."""

    person = forms.CharField(
        label=_("Person"),
        max_length=200,
        help_text=_("A name or a number."),
        widget=forms.TextInput(attrs={"list": PEOPLE}),
    )
    programme = forms.ChoiceField(label=_("Programme"))

    def __init__(self, data: object = None, *, programmes: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)  # type: ignore[arg-type]
        _offer(self, programme=programmes)


class ElsewhereForm(OfProgramme):
    """A certificate that was issued elsewhere."""

    programme = forms.ChoiceField(label=_("Programme or national level"))
    number = forms.CharField(label=_("Number"), max_length=64)
    issuer = forms.CharField(label=_("Issued by"), max_length=120)
    started_on = day_field(_("Training began"))
    issued_on = day_field(_("Issued on"))
    expires_on = day_field(_("Expires on"), required=False, help_text=_("Empty: it does not expire."))
    hours = forms.DecimalField(label=_("Training hours"), min_value=Decimal("0.5"), max_value=2000, decimal_places=2)


class PlanForm(forms.Form):
    """Whose plan, for which quarter."""

    unit = forms.ChoiceField(label=_("Unit"))
    period = forms.ChoiceField(label=_("Quarter"))

    def __init__(
        self, data: object = None, *, units: Sequence[tuple[str, str]], quarters: Sequence[str], **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)  # type: ignore[arg-type]
        _offer(self, unit=units, period=[(each, each) for each in quarters])


class LineForm(OfProgramme):
    """A line added by hand."""

    words = forms.CharField(label=_("Reason"), max_length=300)


class MilestoneForm(forms.Form):
    """An outcome of a workshop that somebody sees to."""

    title = forms.CharField(label=_("What was decided"), max_length=160)
    unit = forms.ChoiceField(label=_("Unit"))
    planned_on = day_field(_("Planned"))
    role = forms.ChoiceField(label=_("Role in charge"))
    owner = forms.CharField(
        label=_("Person in charge"), max_length=200, help_text=_("A name or a number."),
        widget=forms.TextInput(attrs={"list": PEOPLE}),
    )  # fmt: skip

    def __init__(
        self, data: object = None, *, units: Sequence[tuple[str, str]], roles: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)  # type: ignore[arg-type]
        _offer(self, unit=units, role=roles)

    def clean_role(self) -> RoleKey:
        """Return the typed key."""
        return RoleKey(self.cleaned_data["role"])


class TargetForm(forms.Form):
    """An outcome of a workshop that is a number to reach."""

    title = forms.CharField(label=_("What was decided"), max_length=160)
    kpi = forms.ChoiceField(label=_("KPI"))
    period = forms.CharField(label=_("Period"), max_length=8, help_text=_("2026-11, 2026-Q4 or 2026."))
    unit = forms.ChoiceField(label=_("Unit"), required=False)
    value = forms.DecimalField(label=_("Target"), max_digits=18, decimal_places=4)

    def __init__(
        self, data: object = None, *, units: Sequence[tuple[str, str]], kpis: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)  # type: ignore[arg-type]
        _offer(self, unit=[("", _("The company")), *units], kpi=kpis)
