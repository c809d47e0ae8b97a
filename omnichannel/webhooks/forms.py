"""Forms of the webhook pages."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from omnichannel.core.errors import DomainError
from omnichannel.webhooks.choices import ORGANISATION_TOPICS, Topic
from omnichannel.webhooks.services.endpoints import check_address

GROUPS = [
    (_("Organisation"), [(topic.value, topic.label) for topic in ORGANISATION_TOPICS]),
    (_("Figures and data"), [(topic.value, topic.label) for topic in Topic if topic not in ORGANISATION_TOPICS]),
]


class EndpointForm(forms.Form):
    """Where to send, what, and how much of it."""

    url = forms.CharField(
        label=_("URL"),
        max_length=500,
        help_text=_("A public https address of yours that takes a POST and answers 2xx within 15 seconds."),
        widget=forms.URLInput(attrs={"placeholder": "https://example.com/hook", "autocomplete": "off"}),
    )
    description = forms.CharField(label=_("Description"), max_length=200, required=False)
    topics = forms.MultipleChoiceField(
        label=_("Events"), choices=GROUPS, widget=forms.CheckboxSelectMultiple, help_text=_("What it is told of.")
    )
    with_values = forms.BooleanField(
        label=_("Send what fields hold, names of people included"),
        required=False,
        help_text=_("Off: ids and names of fields only. Pay is never sent. Your name is kept with this decision."),
    )

    def topic_groups(self) -> list[tuple[str, list[dict[str, object]]]]:
        """Return the boxes by group, ticked as they are."""
        ticked = set(self["topics"].value() or ())
        return [
            (str(group), [{"value": value, "label": label, "checked": value in ticked} for value, label in choices])
            for group, choices in GROUPS
        ]

    def clean_url(self) -> str:
        """Refuse addresses that must not be called."""
        url = str(self.cleaned_data["url"]).strip()
        try:
            check_address(url)
        except DomainError as error:
            raise forms.ValidationError(str(error)) from None
        return url


class ReplayForm(forms.Form):
    """From when on everything is sent again."""

    since = forms.DateTimeField(
        label=_("Since"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        help_text=_("Events are kept for 30 days."),
    )


class RemoveForm(forms.Form):
    """The host typed again, so that nobody removes an endpoint by a slip."""

    confirm = forms.CharField(label=_("Type the host name to confirm"), max_length=255)

    def __init__(self, *args: object, host: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.host = host
        self.fields["confirm"].help_text = host

    def clean_confirm(self) -> str:
        """Compare with the host."""
        typed = str(self.cleaned_data["confirm"]).strip()
        if typed != self.host:
            raise forms.ValidationError(_("This is not %(host)s.") % {"host": self.host})
        return typed
