"""The frame of the product: settings, URLs, Celery, and the ground-floor apps the domain apps stand on."""
