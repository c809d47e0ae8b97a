"""A sub-type laid over a real organisation: what it expects, and what is missing, wrong, doubled or unowned. Pure."""

from __future__ import annotations

from orgstages.patterns.laying import lay_over
from orgstages.patterns.parts import Element, Finding, Ground, Part
from orgstages.patterns.recognising import Recognised, offered, recognise

__all__ = ["Element", "Finding", "Ground", "Part", "Recognised", "lay_over", "offered", "recognise"]
