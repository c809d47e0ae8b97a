"""Writing pay: plans and their approval, runs, statements, adjustments."""
