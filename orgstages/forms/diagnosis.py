"""Forms of the diagnosis. They check shape; services check rules."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from orgstages.answers import options_for
from orgstages.catalogue import Question, load_stages
from roles.catalogue import SubtypeKey


class AnswerForm(forms.Form):
    """A person's own answer to one question, why, and what shows it; the service asks for a reason where one is due."""

    option = forms.ChoiceField(label=_("Answer"))
    reason = forms.CharField(label=_("Reason"), required=False, max_length=1000)
    evidence = forms.CharField(label=_("Evidence"), required=False, max_length=2000)
    evidence_url = forms.CharField(label=_("Link to evidence"), required=False, max_length=500)
    evidence_kpi = forms.CharField(label=_("KPI as evidence"), required=False, max_length=64)

    def __init__(
        self, question: Question, data: Mapping[str, str] | None = None, *, needs_reason: bool, kept: Mapping[str, str]
    ) -> None:
        super().__init__(data, initial=dict(kept), auto_id=f"{question.id}-%s")
        field = self.fields["option"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells the type checker what stands above
        field.choices = [("", _("Choose")), *options_of(question)]
        self.fields["evidence_url"].widget.attrs |= {"inputmode": "url", "placeholder": "https://"}
        self.fields["evidence_kpi"].widget.attrs |= {"list": "kpi-ids"}
        if needs_reason:
            self.fields["reason"].help_text = _("Needed where the data says otherwise.")


class AdoptForm(forms.Form):
    """The sub-type a unit is to work in from a day on."""

    subtype = forms.ChoiceField(label=_("Sub-type"))
    on = forms.DateField(label=_("Holds from"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    note = forms.CharField(label=_("Remark"), required=False, max_length=1000)

    def __init__(self, data: object = None, **kwargs: object) -> None:
        super().__init__(data, **kwargs)  # type: ignore[arg-type]
        catalogue = load_stages()
        field = self.fields["subtype"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - as above
        language = get_language()
        field.choices = [
            (
                stage.names.in_language(language),
                [(key.value, catalogue.subtypes[key].names.in_language(language)) for key in stage.subtypes],
            )
            for stage in catalogue.stages.values()
        ]

    def clean_subtype(self) -> SubtypeKey:
        """Return the typed key."""
        return SubtypeKey(self.cleaned_data["subtype"])


def options_of(question: Question) -> list[tuple[str, str]]:
    """Return what a person may answer, in the reader's language."""
    names = {option.key: option.names.in_language(get_language()) for option in question.options}
    return [(key, names.get(key, key)) for key in options_for(question)]
