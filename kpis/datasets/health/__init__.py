"""Measures of what is stored: filled columns, gaps in dates, shares."""
