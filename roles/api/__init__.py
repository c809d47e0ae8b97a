"""REST of the roles app."""
