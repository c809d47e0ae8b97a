"""What changes a workspace: members, invitations, tokens."""
