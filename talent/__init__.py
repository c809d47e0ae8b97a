"""App: planning and growing people: job descriptions, competence, pools, headcount and cost, training, pay bands."""
