"""Good rows into immutable Parquet parts, and what they would change."""
