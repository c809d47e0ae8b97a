"""What the settings pages show, and where the open workspace is."""
