"""The SCIM 2.0 provider: people as Users, units as Groups, over the kept library scim2-server (docs/scim.md)."""
