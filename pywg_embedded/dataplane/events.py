"""The kinds of event: ``wait`` returns tuples that begin with one of them."""

# (HANDSHAKE, datagram, endpoint, backlog): a handshake message that the handshake
# filter accepted; the number of messages in the queue behind it, and under load at
# least as many as make load.
HANDSHAKE = 1
# (HANDSHAKE_NEEDED, peer id): there is data to send, and no keypair or an old one.
HANDSHAKE_NEEDED = 2
# (KEY_CONFIRMED, peer id): the first packet under a keypair derived as responder.
KEY_CONFIRMED = 3
# (ACTIVE, peer id): the first packet of this peer since it was last observed.
ACTIVE = 4
# (READY, file descriptor): a watched descriptor is readable, or writable.
READY = 5
# (TUN_GONE,): the interface was deleted.
TUN_GONE = 6
