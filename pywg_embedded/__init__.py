"""A WireGuard peer for OpenWrt routers: protocol engine, control plane, data plane."""

__version__ = "0.1.0"
