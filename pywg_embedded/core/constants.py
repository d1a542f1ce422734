"""The constants of the WireGuard paper, with their sections.

Times are integer milliseconds, sizes are bytes. "paper" is Donenfeld, WireGuard:
Next Generation Kernel Network Tunnel; "linux" marks a value that the paper leaves open
and that every deployed implementation takes from Linux.
"""

# Sizes of keys, hashes and tags (paper 5.4).
KEY_SIZE = 32
HASH_SIZE = 32
TAG_SIZE = 16
MAC_SIZE = 16
COOKIE_SIZE = 16
COOKIE_NONCE_SIZE = 24
TIMESTAMP_SIZE = 12
INDEX_SIZE = 4

# Message types and sizes (paper 5.4.2, 5.4.3, 5.4.6, 5.4.7).
MESSAGE_INITIATION = 1
MESSAGE_RESPONSE = 2
MESSAGE_COOKIE_REPLY = 3
MESSAGE_TRANSPORT = 4
INITIATION_SIZE = 148
RESPONSE_SIZE = 92
COOKIE_REPLY_SIZE = 64
TRANSPORT_HEADER_SIZE = 16
TRANSPORT_MIN_SIZE = TRANSPORT_HEADER_SIZE + TAG_SIZE
PADDING_MULTIPLE = 16

# Labels of the handshake (paper 5.4).
CONSTRUCTION = b"Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s"
IDENTIFIER = b"WireGuard v1 zx2c4 Jason@zx2c4.com"
LABEL_MAC1 = b"mac1----"
LABEL_COOKIE = b"cookie--"

# Timers and limits (paper 6.1).
REKEY_AFTER_MESSAGES = 2**60
REJECT_AFTER_MESSAGES = 2**64 - 2**13 - 1
REKEY_AFTER_TIME = 120_000
REJECT_AFTER_TIME = 180_000
REKEY_ATTEMPT_TIME = 90_000
REKEY_TIMEOUT = 5_000
KEEPALIVE_TIMEOUT = 10_000
# Initiator only, once per keypair: leaves time for a rekey before it expires (6.2).
REKEY_AFTER_TIME_RECEIVING = REJECT_AFTER_TIME - KEEPALIVE_TIMEOUT - REKEY_TIMEOUT
# All secrets of an idle peer are overwritten (6.3).
WIPE_AFTER_TIME = 3 * REJECT_AFTER_TIME
# Keeps two peers from retrying in lock-step (6.1 "jitter"; linux: a third of a second).
REKEY_TIMEOUT_JITTER = 333

# Denial-of-service mitigation (paper 5.3, 5.4.4, 5.4.7; rates: linux).
COOKIE_SECRET_LIFETIME = 120_000
# A received cookie expires before the secret of its sender does (linux).
COOKIE_USABLE_TIME = COOKIE_SECRET_LIFETIME - 5_000
# Capacity of the handshake queue; a backlog of an eighth of it is load (linux).
HANDSHAKE_QUEUE_SIZE = 1024
UNDER_LOAD_BACKLOG = HANDSHAKE_QUEUE_SIZE // 8
UNDER_LOAD_HOLD_TIME = 1_000
INITIATIONS_PER_SECOND = 50
SOURCE_PACKETS_PER_SECOND = 20
SOURCE_PACKETS_BURST = 5
# Under load, cookie replies are accepted for this many of the latest messages sent.
COOKIES_EXPECTED = 256

# ICMP errors to all destinations (RFC 4443, 2.4; linux: icmp_msgs_per_sec and _burst);
# to each one the rate of SOURCE_PACKETS_PER_SECOND applies.
ICMP_ERRORS_PER_SECOND = 1000
ICMP_ERRORS_BURST = 50

# TAI64N (paper 5.4.2): labels start at 2^62; in 1970, TAI was 10 s ahead of UTC.
TAI64_EPOCH = 2**62 + 10
# Timestamps are rounded down, to reveal little about the clock of a machine (linux).
TIMESTAMP_WHITENING_NS = 2**24

# Replay protection (paper 5.4.6; RFC 6479; linux: one 64-bit word stays unused).
REPLAY_WINDOW_BITS = 8192
REPLAY_WINDOW_SIZE = REPLAY_WINDOW_BITS - 64

# Traffic class of handshake messages (linux: AF41, RFC 4594).
HANDSHAKE_TOS = 0x88
DEFAULT_MTU = 1420
