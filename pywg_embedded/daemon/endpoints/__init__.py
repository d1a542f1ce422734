"""Endpoints: host names are resolved, and peers follow their addresses."""
