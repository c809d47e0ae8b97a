"""What is read: frozen shapes for pages, the API and the engine."""
