"""The forms of guides' tasks. They check shape; the service checks rules."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kpis.services.pay.guide_tasks import NOTE, PICTURE_BYTES, TEXT, TaskInput
from omnichannel.core.dayfields import day_field
from omnichannel.core.toldforms import ToldForm
from roles.choices import Thing
from roles.queries.picking import find_named

BETWEEN = re.compile(r"[\n,，;；、]+")
MOST_NAMED = 200
WHOM = frozenset({"role", "unit", "people"})
NOBODY = _("Nobody here is called “%(text)s”.")
SEVERAL = _("Several are called so: %(several)s. Write the id.")


class TaskForm(ToldForm):
    """A task; with `whom` also who it is for."""

    title = forms.CharField(label=pgettext_lazy("task", "Title"), max_length=120)
    what = forms.CharField(label=_("What is to be done"), max_length=TEXT, widget=forms.Textarea(attrs={"rows": 3}))
    due_on = day_field(_("Until"))
    script = forms.CharField(
        label=_("Text to send"),
        max_length=TEXT,
        required=False,
        help_text=_("Guides copy it as it stands."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    link = forms.CharField(label=_("Link"), max_length=400, required=False, widget=forms.URLInput())
    picture = forms.FileField(
        label=_("Picture"),
        required=False,
        help_text=_("PNG, JPEG or WebP, at most 300 KB."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )
    role = forms.ChoiceField(label=_("For everybody with the role"), required=False)
    unit = forms.ChoiceField(label=_("in the unit"), required=False)
    people = forms.CharField(
        label=_("or for people by name or number"),
        required=False,
        max_length=20_000,
        help_text=_("One in a line."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(
        self,
        *args: Any,
        roles: Sequence[tuple[str, str]] = (),
        units: Sequence[tuple[str, str]] = (),
        whom: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, options in (("role", roles), ("unit", units)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells the type checker what stands above
            field.choices = [("", _("no role") if name == "role" else _("all my units")), *options]
        if not whom:
            for name in WHOM:
                del self.fields[name]

    def clean_people(self) -> list[str]:
        """Find each by name or number; whoever is not found is named."""
        words = [word.strip() for word in BETWEEN.split(self.cleaned_data["people"]) if word.strip()]
        if len(words) > MOST_NAMED:
            text = _("At most %(most)s people are named one by one; choose a role for more.")
            raise forms.ValidationError(text, "many", {"most": MOST_NAMED})
        found, wrong = [], []
        for word in words:
            fitting = find_named(Thing.PEOPLE, word)
            if len(fitting) == 1:
                found.append(fitting[0][0])
                continue
            several = "; ".join(f"{name} ({key})" for key, name in fitting)
            told = (SEVERAL, "ambiguous", {"several": several}) if fitting else (NOBODY, "unknown", {"text": word})
            wrong.append(forms.ValidationError(*told))
        if wrong:
            raise forms.ValidationError(wrong)
        return list(dict.fromkeys(found))

    @property
    def asked(self) -> TaskInput:
        """Return the task as the service takes it; what could not be read is empty, a day the last one there is."""
        data = self.cleaned_data
        picture = data.get("picture")
        return TaskInput(
            title=data.get("title", ""),
            what=data.get("what", ""),
            due_on=data.get("due_on", date.max),
            script=data.get("script", ""),
            link=data.get("link", ""),
            people=tuple(data.get("people") or ()),
            role=data.get("role", ""),
            unit=data.get("unit", ""),
            picture=picture.read(PICTURE_BYTES + 1) if picture else None,
        )

    def tell(self, faults: Mapping[str, str]) -> None:
        """Add the faults by field; whom the task is for is not judged while a part of that cannot be read."""
        unjudged = WHOM if WHOM & set(self.errors) else frozenset()
        super().tell({field: message for field, message in faults.items() if field not in unjudged})


class DoneForm(forms.Form):
    """A guide's note on a task that is done, or taken back."""

    action = forms.ChoiceField(choices=[(each, each) for each in ("done", "undo")])
    note = forms.CharField(required=False, max_length=NOTE)
