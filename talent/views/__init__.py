"""Pages of the talent app."""
