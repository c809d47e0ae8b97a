"""Writing: everything that changes talent data."""
