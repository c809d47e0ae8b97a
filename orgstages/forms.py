"""Forms of the diagnosis. They check shape; services check rules."""

from __future__ import annotations

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from orgstages.catalogue import Question, load_stages
from roles.catalogue import SubtypeKey


class AnswerForm(forms.Form):
    """A person's answer to one question, and why."""

    option = forms.ChoiceField(label=_("Answer"))
    reason = forms.CharField(label=_("Reason"), required=False, max_length=1000)

    def __init__(self, question: Question, *, needs_reason: bool, option: str = "", reason: str = "") -> None:
        super().__init__(initial={"option": option, "reason": reason}, auto_id=f"{question.id}-%s")
        field = self.fields["option"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells the type checker what stands above
        field.choices = [("", "–"), *options_of(question)]
        self.fields["reason"].required = needs_reason
        if needs_reason:
            self.fields["reason"].help_text = _("Needed, because the data says otherwise.")


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
    if not question.scale:
        return [(option.key, option.names.in_language(get_language())) for option in question.options]
    scale = load_stages().scales[question.scale]
    return [(str(number), str(number)) for number in range(scale.minimum, scale.maximum + 1)]
