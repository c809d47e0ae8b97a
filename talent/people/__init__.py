"""Pure: competence gaps, whom to give a role, pay bands, roles side by side."""
