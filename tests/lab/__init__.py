"""A laboratory of network namespaces: hosts, wires, WireGuard interfaces, gauges."""
