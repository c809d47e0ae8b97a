"""Directories of other systems: connections, readings as jobs, and the org chart that a directory becomes."""
