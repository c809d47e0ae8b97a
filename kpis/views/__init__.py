"""Pages of the kpis app."""
