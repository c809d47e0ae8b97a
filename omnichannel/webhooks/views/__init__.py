"""Settings pages of webhooks."""
