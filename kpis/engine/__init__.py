"""The pure KPI engine: definitions in, values out. Knows Ibis and DuckDB, but no Django, Celery or plotly."""
