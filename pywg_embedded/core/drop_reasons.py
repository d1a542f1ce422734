"""The table of drop reasons: identifiers, under which drops are counted, and texts.

Identifiers are used in counters, in the ubus object and in comparisons; texts in the
log. ``make generate`` writes the C enumeration of ``libpywg`` from ``DATA_PLANE``.
"""

# Counted by the data plane; libpywg has these numbers, from 0.
DATA_PLANE = (
    ("malformed", "malformed message"),
    ("unknown_index", "unknown receiver index"),
    ("keypair_expired", "keypair expired"),
    ("not_authentic", "transport data not authentic"),
    ("replayed", "counter replayed, or older than the replay window"),
    ("not_ip", "not a valid IP packet"),
    ("source_not_allowed", "source address not in the allowed IPs of the peer"),
    ("ecn_congestion", "congestion mark on a packet without ECN (RFC 6040)"),
    ("no_peer", "destination in the allowed IPs of no peer"),
    ("no_endpoint", "peer without endpoint"),
    ("routing_loop", "datagram of this interface routed into its own TUN device"),
    ("no_keypair", "peer without keypair: the handshake did not complete"),
    ("staging_full", "too many packets waiting for a keypair"),
    ("no_identity", "interface without private key"),
    ("mac1_invalid", "mac1 invalid: sent for another public key"),
    ("cookie_required", "under load: answered with a cookie reply"),
    ("rate_limited", "under load: source address exceeds its rate"),
    ("handshake_queue_full", "handshake queue full"),
    ("no_socket", "no UDP socket of the address family of the endpoint"),
    ("aead_failed", "encryption failed"),
    ("send_eagain", "cannot send: socket buffer full (EAGAIN)"),
    ("send_enobufs", "cannot send: queue of the network device full (ENOBUFS)"),
    ("send_eperm", "cannot send: rejected by the firewall (EPERM)"),
    ("send_eacces", "cannot send: prohibited by a route (EACCES)"),
    ("send_einval", "cannot send: invalid address (EINVAL)"),
    ("send_emsgsize", "cannot send: datagram too large for the path (EMSGSIZE)"),
    ("send_enetunreach", "cannot send: no route to the endpoint (ENETUNREACH)"),
    ("send_ehostunreach", "cannot send: endpoint unreachable (EHOSTUNREACH)"),
    ("send_enetdown", "cannot send: network device down (ENETDOWN)"),
    ("send_econnrefused", "cannot send: port of the endpoint closed (ECONNREFUSED)"),
    ("send_error", "cannot send"),
    ("receive_econnrefused", "port of the endpoint closed (ECONNREFUSED)"),
    ("receive_error", "cannot receive"),
    ("tun_eio", "cannot write to the TUN device: interface down (EIO)"),
    ("tun_einval", "cannot write to the TUN device: packet rejected (EINVAL)"),
    ("tun_error", "cannot read from or write to the TUN device"),
)
# Counted by the protocol engine, which also uses some of the data plane.
PROTOCOL = (
    ("interface_down", "interface down"),
    ("unknown_peer", "initiation from an unknown public key"),
    ("initiation_replayed", "initiation replayed, or its timestamp went back"),
    ("initiation_rate_limited", "too many initiations from one peer"),
    ("initiation_not_authentic", "initiation not authentic"),
    ("response_not_authentic", "response not authentic: preshared keys may differ"),
    ("cookie_reply_not_authentic", "cookie reply not authentic"),
    ("low_order_point", "public key is a low-order point"),
)
TEXTS = dict(DATA_PLANE + PROTOCOL)


def of_errno(operation: str, name: str) -> str:
    """Return the reason for a failed ``send``, ``receive`` or ``tun`` operation.

    ``name`` is that of the error number, such as ``ENETUNREACH``.
    """
    reason = f"{operation}_{name.lower()}"
    return reason if reason in TEXTS else f"{operation}_error"
