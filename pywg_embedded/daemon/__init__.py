"""pywgd: the process that is a WireGuard interface."""
