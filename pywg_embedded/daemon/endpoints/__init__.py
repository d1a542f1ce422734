"""Endpoints of peers that are configured by host name."""
