"""Reading: what pages and API answers show of talent."""
