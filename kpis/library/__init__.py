"""The KPI library as data: canonical tables, measures, KPIs, weights, scoring and what goes with them. Pure."""

from __future__ import annotations

from kpis.library.extras import LibraryExtras, library_extras
from kpis.library.loader import catalogue_counts, load_library

__all__ = ["LibraryExtras", "catalogue_counts", "library_extras", "load_library"]
