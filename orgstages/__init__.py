"""App: diagnosis of organisation stages, scenarios and roadmaps; stands on top and reads the others."""
