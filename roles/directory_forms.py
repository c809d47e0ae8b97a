"""Forms of directory connections and files. They check shape; services check rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from roles.directory_choices import DirectoryKind

ACCOUNT_WORDS = {
    DirectoryKind.WECOM: _("Corp id"),
    DirectoryKind.DINGTALK: _("App key"),
    DirectoryKind.FEISHU: _("App id"),
}


class ConnectionForm(forms.Form):
    """Where a directory answers and with which credentials."""

    base_url = forms.CharField(
        label=_("Address"), max_length=200, help_text=_("The system's own, or that of an installation on the premises.")
    )
    account = forms.CharField(label=_("App id"), max_length=128)
    secret = forms.CharField(
        label=_("Secret"),
        max_length=256,
        required=False,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    root = forms.CharField(
        label=_("First department"),
        max_length=64,
        required=False,
        help_text=_("Its id; empty for all."),
    )
    under = forms.ChoiceField(label=_("Hang it under"), required=False)
    since = forms.DateField(
        label=_("Members are here since"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("For members without a day of hire, at the first reading. Empty: the day of that reading."),
    )
    daily = forms.BooleanField(label=_("Read it every day"), required=False)

    def __init__(
        self, *args: Any, kind: DirectoryKind, units: Sequence[tuple[str, str]], is_new: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"].label = ACCOUNT_WORDS[kind]
        under = cast("forms.ChoiceField", self.fields["under"])
        under.choices = [("", _("Nothing: it is the whole organisation")), *units]
        self.fields["secret"].required = is_new
        if not is_new:
            self.fields["secret"].help_text = _("Stored, and shown to nobody. Fill it in only to replace it.")


class ImportForm(forms.Form):
    """Files of a directory."""

    kind = forms.ChoiceField(
        label=_("System"),
        required=False,
        choices=[("", _("Recognise it")), *DirectoryKind.choices],
    )
