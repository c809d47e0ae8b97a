"""Text into typed rows, and every problem of a whole file."""
