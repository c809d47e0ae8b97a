"""Pages outside and around a workspace: start, choice, members, invitations, tokens."""
