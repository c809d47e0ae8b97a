"""App: the data door, the KPI engine, scorecards and dashboards."""
