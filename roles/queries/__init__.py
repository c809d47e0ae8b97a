"""Reads of the dated organisation, as frozen shapes. Other apps use these and the services, never the models."""
