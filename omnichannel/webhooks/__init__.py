"""Webhooks: endpoints of other systems, what they are told, every attempt to tell it (Standard Webhooks)."""
