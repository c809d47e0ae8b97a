"""Forms of the talent app."""
