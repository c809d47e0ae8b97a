"""allauth's adapter: only an invitation opens sign-up."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

INVITED_EMAIL = "invited_email"


class InvitedOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up needs an open invitation in the session and uses its address."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Open only to somebody who came by an invitation's link."""
        return INVITED_EMAIL in request.session

    def clean_email(self, email: str) -> str:
        """Refuse another address than the invited one: the invitation is what verifies it."""
        invited = self.request.session.get(INVITED_EMAIL) if self.request else None
        if invited and email.lower() != invited and self.request.path.endswith("/signup/"):
            from django.core.exceptions import ValidationError
            from django.utils.translation import gettext as _

            raise ValidationError(_("This invitation is for %(email)s.") % {"email": invited})
        return str(super().clean_email(email)).lower()

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        """Save an allauth sign-up; our user has no names to fill."""
        user.email = form.cleaned_data["email"]
        user.set_password(form.cleaned_data["password1"])
        if commit:
            user.save()
        return user
