"""Pure: how many posts the work needs, what they cost, a plan as a document."""
