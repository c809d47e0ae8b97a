"""Alerts: evaluating the rules, the life of an alert, who is told, and the messages."""
