"""Writes: answers of people, recorded verdicts, adopted stages."""
