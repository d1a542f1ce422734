"""Moving packets: one interface, more than one plane behind it.

A plane is told by ``core.Device`` which peers, keypairs, endpoints and allowed IPs
there are. ``wait`` moves packets until something happens that Python must decide.
"""
