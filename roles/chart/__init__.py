"""What the org chart shows of a day, without database or page: its nodes, what stands open, colours, and the search."""
