"""Tests named after the rows of the list of capabilities: each observes over HTTP what its "works when" says."""
