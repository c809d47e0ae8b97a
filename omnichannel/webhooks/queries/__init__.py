"""What the pages and the API show of endpoints and deliveries."""
