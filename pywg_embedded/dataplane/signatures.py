"""Every function of libpywg, for both bindings; a test compares this with pywg.h.

The letters are those of MicroPython's ``ffi``: i int, I uint32_t, Q uint64_t,
p pointer, s string.
"""

SONAME = "libpywg.so.0"

# (name without "pywg_", result, arguments)
SIGNATURES = (
    ("open", "i", "iIIIII"),
    ("close", "i", "i"),
    ("table_size", "Q", "IIII"),
    ("table_name", "s", "I"),
    ("offloads", "i", "i"),
    ("set_time", "i", "iQ"),
    ("add_peer", "i", "iI"),
    ("remove_peer", "i", "iI"),
    ("set_endpoint", "i", "iIp"),
    ("note_handshake_sent", "i", "iII"),
    ("note_handshake_received", "i", "iIIp"),
    ("clear_source", "i", "iI"),
    ("allow", "i", "iIpI"),
    ("disallow", "i", "iIpII"),
    ("disallow_all", "i", "iI"),
    ("allowed_ips", "i", "iIppI"),
    ("allowed_ip_owners", "i", "ipIp"),
    ("allowed_ip_count", "i", "i"),
    ("install_keypair", "i", "iIpIIQii"),
    ("expire_keypairs", "i", "iI"),
    ("wipe_keypairs", "i", "iI"),
    ("has_index", "i", "iI"),
    ("send_keepalive", "i", "iI"),
    ("send_staged", "i", "iI"),
    ("purge_staged", "i", "iI"),
    ("facts_of", "i", "iIip"),
    ("listen", "i", "iI"),
    ("unlisten", "i", "i"),
    ("port", "i", "i"),
    ("set_fwmark", "i", "iI"),
    ("set_mtu", "i", "iI"),
    ("send_datagram", "i", "ipIp"),
    ("watch", "i", "iii"),
    ("unwatch", "i", "ii"),
    ("wait", "i", "iipI"),
    ("drops", "Q", "iI"),
    ("drop_reason", "s", "I"),
)
