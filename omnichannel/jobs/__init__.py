"""App: background work. A PostgreSQL row is the job; Celery is only its wake-up call."""
