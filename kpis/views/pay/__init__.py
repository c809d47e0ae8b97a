"""Pages of pay: plans, runs, statements, disputes, credit."""
