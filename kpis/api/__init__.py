"""REST of the kpis app."""
