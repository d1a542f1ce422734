"""Status of the peers: what is reported, and why a peer has no session."""
