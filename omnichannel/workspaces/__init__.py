"""App: tenants. Workspaces, memberships, invitations, tokens, and the locks that keep tenants apart."""
