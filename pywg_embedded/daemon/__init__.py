"""``pywgd``: the daemon of one WireGuard interface."""
