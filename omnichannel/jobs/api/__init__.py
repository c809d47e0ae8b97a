"""REST of the jobs app."""
