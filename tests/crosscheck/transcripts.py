"""Handshakes and cookies by independent code: the source of ``noise_ikpsk2.json``.

The Noise part is the PyPI package ``noiseprotocol``; message headers, mac1, mac2 and
cookies are spelled out here with ``hashlib`` and ``nacl.bindings`` from the sections of
the paper. ``python -m tests.crosscheck.transcripts`` writes the file anew.
"""

import hashlib
import json
import struct
import warnings
from pathlib import Path

from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_encrypt as xseal
from nacl.bindings import crypto_scalarmult_base as public_key
from noise.connection import Keypair, NoiseConnection

VECTORS = Path(__file__).parents[1] / "vectors" / "noise_ikpsk2.json"
NO_PSK = bytes(32)
DRAWN = (
    "static_private_initiator",
    "static_private_responder",
    "ephemeral_private_initiator",
    "ephemeral_private_responder",
)


def secret(label: str) -> bytes:
    """Return 32 fixed bytes for a private key, a nonce and similar."""
    return hashlib.sha256(f"pywg-embedded {label}".encode()).digest()


# name, preshared key, TAI64N timestamp, index of the initiator and of the responder
HANDSHAKES = (
    ("psk", secret("psk"), "400000006553f10a1d000000", 0x01020304, 0xA1B2C3D4),
    ("no psk", NO_PSK, "400000006553f10a00000000", 0xFFFFFFFF, 0x80000000),
    ("index zero", NO_PSK, "4000000068e7780a3b000000", 0x00000000, 0x00000001),
)

# name, source address, source port
COOKIES = (
    ("ipv4", bytes((192, 0, 2, 1)), 51820),
    ("ipv6", bytes.fromhex("20010db8000000000000000000000001"), 258),
)


def word(value: int) -> bytes:
    """Return a 32-bit field: a message type, or an index."""
    return struct.pack("<I", value)


def digest(*parts: bytes) -> bytes:
    """HASH of the paper, 5.4."""
    return hashlib.blake2s(b"".join(parts)).digest()


def mac(key: bytes, data: bytes) -> bytes:
    """MAC of the paper, 5.4: keyed BLAKE2s of 16 bytes."""
    return hashlib.blake2s(data, key=key, digest_size=16).digest()


def with_macs(body: bytes, receiver_public: bytes, cookie: bytes = b"") -> bytes:
    """Return the message with mac1, and with mac2 or zeros (5.4.4)."""
    body += mac(digest(b"mac1----", receiver_public), body)
    return body + (mac(cookie, body) if cookie else bytes(16))


def party(given: dict[str, bytes], own: str) -> NoiseConnection:
    """Return the initiator or responder, with fixed ephemeral keys."""
    noise = NoiseConnection.from_name(b"Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s")
    noise.set_psks(psk=given["preshared_key"])
    noise.set_prologue(b"WireGuard v1 zx2c4 Jason@zx2c4.com")
    for key in (Keypair.STATIC, Keypair.EPHEMERAL):
        private = given[f"{key.name.lower()}_private_{own}"]
        noise.set_keypair_from_private_bytes(key, private)
    if own == "initiator":
        noise.set_as_initiator()
        public = public_key(given["static_private_responder"])
        noise.set_keypair_from_public_bytes(Keypair.REMOTE_STATIC, public)
    else:
        noise.set_as_responder()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "One of ephemeral keypairs")
        noise.start_handshake()
    return noise


def exchange(given: dict[str, bytes]) -> dict[str, bytes]:
    """Return messages (5.4.2, 5.4.3), keys (5.4.5), first keepalive (5.4.6)."""
    initiator, responder = party(given, "initiator"), party(given, "responder")
    initiation = bytes(initiator.write_message(given["timestamp"]))
    assert responder.read_message(initiation) == given["timestamp"]
    response = bytes(responder.write_message())
    assert initiator.read_message(response) == b""
    sealed = initiator.encrypt(b"")
    assert responder.decrypt(sealed) == b""

    index_i, index_r = given["sender_index_initiator"], given["sender_index_responder"]
    public_i = public_key(given["static_private_initiator"])
    public_r = public_key(given["static_private_responder"])
    return {
        "initiation": with_macs(word(1) + index_i + initiation, public_r),
        "response": with_macs(word(2) + index_r + index_i + response, public_i),
        "initiator_sending_key": initiator.noise_protocol.cipher_state_encrypt.k,
        "initiator_receiving_key": initiator.noise_protocol.cipher_state_decrypt.k,
        "keepalive": word(4) + index_r + bytes(8) + sealed,
    }


def handshake(
    name: str, preshared_key: bytes, timestamp: str, index_i: int, index_r: int
) -> dict[str, str]:
    """Return a test vector: the inputs of both sides, and the results."""
    given = {field: secret(f"{name} {field}") for field in DRAWN}
    given["preshared_key"] = preshared_key
    given["timestamp"] = bytes.fromhex(timestamp)
    given["sender_index_initiator"] = word(index_i)
    given["sender_index_responder"] = word(index_r)
    fields = given | exchange(given)
    return {"name": name} | {field: value.hex() for field, value in fields.items()}


def cookie_reply(
    name: str, address: bytes, port: int, answered: dict[str, str]
) -> dict[str, str]:
    """Return the cookie reply (5.4.7) to an initiation, and the initiation with the
    mac2 of that cookie (5.4.4)."""
    initiation = bytes.fromhex(answered["initiation"])
    body, mac1 = initiation[:-32], initiation[-32:-16]
    public = public_key(bytes.fromhex(answered["static_private_responder"]))
    cookie_secret, nonce = secret("cookie secret"), secret("nonce")[:24]
    source_port = struct.pack(">H", port)
    cookie = mac(cookie_secret, address + source_port)
    sealed = xseal(cookie, mac1, nonce, digest(b"cookie--", public))
    fields = {
        "cookie_secret": cookie_secret,
        "source_address": address,
        "source_port": source_port,
        "cookie": cookie,
        "nonce": nonce,
        "reply": word(3) + initiation[4:8] + nonce + sealed,
        "initiation_with_mac2": with_macs(body, public, cookie),
    }
    names = {"name": name, "handshake": answered["name"]}
    return names | {field: value.hex() for field, value in fields.items()}


def document() -> str:
    """Return the text of ``noise_ikpsk2.json``."""
    handshakes = [handshake(*row) for row in HANDSHAKES]
    cookies = [cookie_reply(*row, handshakes[0]) for row in COOKIES]
    return json.dumps({"handshakes": handshakes, "cookies": cookies}, indent=1) + "\n"


if __name__ == "__main__":
    VECTORS.write_text(document())
