"""Analyses as pages and the API read them: nothing is computed here but shares of stored counts."""
