"""Corrections, suggested fixes, and the file of problem rows."""
