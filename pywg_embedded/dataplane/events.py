"""What ``wait`` returns: tuples that begin with one of these numbers."""

# (HANDSHAKE, datagram, endpoint, backlog): not transport data; so many more wait, or
# would if the plane had not turned them away.
HANDSHAKE = 1
# (HANDSHAKE_NEEDED, peer id): data to send, and no session or an old one.
HANDSHAKE_NEEDED = 2
# (KEY_CONFIRMED, peer id): first packet under a keypair derived as responder.
KEY_CONFIRMED = 3
# (ACTIVE, peer id): first packet of this peer since it was last observed.
ACTIVE = 4
# (READY, file descriptor): a watched descriptor can be read, or written.
READY = 5
# (TUN_GONE,): the interface was deleted.
TUN_GONE = 6
