"""REST API of the talent app."""
