"""A seeded demo retailer: the invented Yunshang Group with all 25 canonical tables. Pure: knows no Django.

The story: the womenswear unit Lanxi has moved user operations from marketing into a centre of its own, the
childrenswear unit Xiaoya tries the same with a borrowed team, and one store (S0203) is losing its customers.
"""

from __future__ import annotations

from kpis.demo.retailer import TABLES, Manifest, Persona, Personas, generate, people_for_sign_in
from kpis.demo.scale import FULL, REORGANISED_ON, SCALES, SMALL, STAR_STORE, TINY, TROUBLE_STORE, Scale

__all__ = [
    "FULL",
    "REORGANISED_ON",
    "SCALES",
    "SMALL",
    "STAR_STORE",
    "TABLES",
    "TINY",
    "TROUBLE_STORE",
    "Manifest",
    "Persona",
    "Personas",
    "Scale",
    "generate",
    "people_for_sign_in",
]
