"""What the job pages and the API show."""
