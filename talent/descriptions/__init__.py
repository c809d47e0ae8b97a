"""Pure: the nine sections of a job description, composed from the catalogue and the workspace."""
