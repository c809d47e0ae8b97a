"""What the talent app refuses, one file per subject."""
