"""The whole suite; mirrors the packages."""
