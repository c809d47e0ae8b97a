"""Reading pay: which plan pays whom, the facts of a month, statements."""
