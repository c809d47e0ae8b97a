"""Ground floor without models: periods, bilingual text, errors, clocks, HTTP problems. Imports nothing of ours."""
