"""Reads: facts of the automatic questions, live diagnoses, recorded verdicts."""
