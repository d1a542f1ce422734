"""Test networks of namespaces: hosts, cables, WireGuard interfaces, measurements."""
