"""Accounts as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users."""

    name = "omnichannel.accounts"
    label = "accounts"
