"""The data plane: one interface, implemented by libpywg and in Python.

``core.Device`` sets its peers, keypairs, endpoints and allowed IPs. ``wait`` moves
packets until there is an event for the control plane.
"""
