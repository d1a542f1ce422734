"""A WireGuard peer for routers: sans-IO protocol, control plane, data plane."""

__version__ = "0.1.0"
