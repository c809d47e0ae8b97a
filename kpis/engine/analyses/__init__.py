"""Analyses over customers, members, content and merchandise: pure computations whose totals are the KPIs' own."""
