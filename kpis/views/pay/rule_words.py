"""Why a row is somebody's, or where a contact came from, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from kpis.incentives.credit import OwnerRule
from kpis.incentives.ledger_rows import LIVE_RULE

# in functions, so that each is translated when it is told
WORDS: Mapping[str, Callable[[], str]] = {
    OwnerRule.TILL_SELLER.value: lambda: _("sold at the till"),
    OwnerRule.CUSTOMER_OWNER.value: lambda: _("own customer"),
    OwnerRule.LINK_SELLER.value: lambda: _("own link"),
    OwnerRule.STORE_HOME.value: lambda: _("store pool"),
    LIVE_RULE: lambda: _("sold live"),
    # where a contact came from
    "store": lambda: pgettext("contact source", "from the store"),
    "public_platform": lambda: pgettext("contact source", "from a public platform"),
    "ad": lambda: pgettext("contact source", "from an advertisement"),
    "content": lambda: pgettext("contact source", "from content"),
    "referral": lambda: pgettext("contact source", "by referral"),
    "other": lambda: pgettext("contact source", "from elsewhere"),
}


def rule_words(rule: str) -> str:
    """Return why a row counts, or where a contact came from; what is not known stands as it is."""
    said = WORDS.get(rule)
    return said() if said else rule
