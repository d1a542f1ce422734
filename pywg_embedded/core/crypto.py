"""The interface of the crypto functions that are handed in, for type checkers only."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    Bytes = bytes | bytearray

    class Crypto(Protocol):
        """The functions of ``pywg_embedded.crypto``; see there for their contracts."""

        def random(self, _size: int) -> bytearray:
            """Return ``size`` unpredictable bytes."""

        def lock(self, _secret: bytearray) -> bool:
            """Keep a secret out of swap; return whether this is possible."""

        def equal(self, _a: Bytes, _b: Bytes) -> bool:
            """Return whether two secrets are equal, in constant time."""

        def public_key(self, private: Bytes) -> bytes:
            """Return the X25519 public key of a private key."""

        def dh(self, private: Bytes, public: bytes) -> bytearray | None:
            """Return the X25519 shared secret, or None if it is all zero."""

        def kdf(self, key: Bytes, data: Bytes, count: int) -> list[bytearray]:
            """Return the first ``count`` outputs of HKDF, 32 bytes each."""

        def blake2s(self, data: Bytes, key: Bytes = b"", size: int = 32) -> bytes:
            """Return the BLAKE2s hash, keyed if ``key`` is given."""

        def seal(self, key: Bytes, nonce: bytes, plaintext: Bytes, aad: Bytes) -> bytes:
            """Return ChaCha20-Poly1305 ciphertext and tag."""

        def open_sealed(
            self, key: Bytes, nonce: bytes, ciphertext: Bytes, aad: Bytes
        ) -> bytes | None:
            """Return the plaintext, or None if it is not authentic."""

        def xseal(
            self, key: Bytes, nonce: Bytes, plaintext: Bytes, aad: Bytes
        ) -> bytes:
            """Return XChaCha20-Poly1305 ciphertext and tag."""

        def xopen(
            self, key: Bytes, nonce: bytes, ciphertext: Bytes, aad: Bytes
        ) -> bytes | None:
            """Return the plaintext, or None if it is not authentic."""
