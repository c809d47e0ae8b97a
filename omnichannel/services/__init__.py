"""Embedded PostgreSQL and Valkey out of wheels, child processes, and the demo runner. Imports no Django models."""
