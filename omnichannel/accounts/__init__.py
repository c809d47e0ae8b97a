"""App: the people who sign in. Rights are not here but in memberships of a workspace."""
