"""App: the talent map and who holds it: catalogue, dated org chart, people, assignments, adopted stages."""
