"""Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s as WireGuard uses it (paper 5.4).

    initiation: e, es, s, ss, {t}        response: e, ee, se, psk, {}

The functions keep no state: they take a handshake and return a new one, or a keypair.
A message that fails leaves the handshake unchanged.
"""

from .constants import (
    CONSTRUCTION,
    IDENTIFIER,
    KEY_SIZE,
    TIMESTAMP_SIZE,
)
from .errors import Drop
from .keypair import Keypair
from .messages import initiation, response
from .secret import wipe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from .crypto import Bytes, Crypto

_ZERO_NONCE = bytes(12)


class Identity:
    """The static key pair of an interface; its owner overwrites ``private``."""

    def __init__(self, crypto: "Crypto", private: "Bytes") -> None:
        self.private = bytearray(private)
        crypto.lock(self.private)
        self.public = crypto.public_key(private)


class SymmetricState:
    """The hash and the chaining key of a handshake in progress."""

    def __init__(
        self, crypto: "Crypto", chaining_key: bytearray, transcript: bytes
    ) -> None:
        self._crypto = crypto
        self.chaining_key = chaining_key
        self.hash = transcript

    def copy(self) -> "SymmetricState":
        """Return an independent copy, to verify a message with."""
        return SymmetricState(self._crypto, bytearray(self.chaining_key), self.hash)

    def wipe(self) -> None:
        """Overwrite the chaining key."""
        wipe(self.chaining_key)

    def mix_hash(self, data: bytes) -> None:
        """Mix data into the hash (MixHash)."""
        self.hash = self._crypto.blake2s(self.hash + data)

    def mix_ephemeral(self, public: bytes) -> None:
        """Mix a public ephemeral key into the hash and the chaining key."""
        self.mix_hash(public)
        self._replace(self._crypto.kdf(self.chaining_key, public, 1)[0])

    def mix_dh(self, private: "Bytes", public: bytes) -> bytearray:
        """Mix the shared secret of two keys in, and return the next encryption key.

        Raises Drop if there is none: the public key is a low-order point.
        """
        secret = self._crypto.dh(private, public)
        try:
            return self.mix_secret(secret)
        finally:
            wipe(secret)

    def mix_secret(self, secret: "Bytes | None") -> bytearray:
        """Mix a shared secret in, and return the next encryption key.

        Raises Drop if there is none: the public key is a low-order point.
        """
        if secret is None:
            self._fail("low_order_point")
        chaining_key, key = self._crypto.kdf(self.chaining_key, secret, 2)
        self._replace(chaining_key)
        return key

    def mix_psk(self, preshared_key: "Bytes") -> bytearray:
        """Mix the preshared key in, and return the next encryption key."""
        outputs = self._crypto.kdf(self.chaining_key, preshared_key, 3)
        self._replace(outputs[0])
        self.mix_hash(bytes(outputs[1]))
        wipe(outputs[1])
        return outputs[2]

    def seal(self, key: bytearray, plaintext: bytes) -> bytes:
        """Encrypt (EncryptAndHash); overwrites the key."""
        sealed = self._crypto.seal(key, _ZERO_NONCE, plaintext, self.hash)
        self.mix_hash(sealed)
        wipe(key)
        return sealed

    def open(self, key: bytearray, sealed: bytes, reason: str) -> bytes:
        """Decrypt (DecryptAndHash); overwrites the key.

        Raises Drop with this reason if the ciphertext is not authentic.
        """
        plaintext = self._crypto.open_sealed(key, _ZERO_NONCE, sealed, self.hash)
        wipe(key)
        if plaintext is None:
            self._fail(reason)
        self.mix_hash(sealed)
        return plaintext

    def split(self) -> tuple[bytearray, bytearray]:
        """Return the two transport keys, that of the initiator first (Split)."""
        first, second = self._crypto.kdf(self.chaining_key, b"", 2)
        self.wipe()
        return first, second

    def _fail(self, reason: str) -> "NoReturn":
        self.wipe()
        raise Drop(reason)

    def _replace(self, chaining_key: bytearray) -> None:
        self.chaining_key[:] = chaining_key
        wipe(chaining_key)


def _start(crypto: "Crypto", responder_public: bytes) -> SymmetricState:
    chaining_key = bytearray(crypto.blake2s(CONSTRUCTION))
    transcript = crypto.blake2s(chaining_key + IDENTIFIER)
    state = SymmetricState(crypto, chaining_key, transcript)
    state.mix_hash(responder_public)
    return state


class Handshake:
    """A handshake whose initiation was sent, and that waits for the response."""

    __slots__ = ("ephemeral", "local_index", "state")

    def __init__(
        self, state: SymmetricState, ephemeral: bytearray, local_index: int
    ) -> None:
        self.state = state
        self.ephemeral = ephemeral
        self.local_index = local_index

    def wipe(self) -> None:
        """Overwrite the ephemeral key and the chaining key."""
        wipe(self.ephemeral)
        self.state.wipe()


class ReceivedInitiation:
    """A received initiation; authentic after ``authenticate_initiation``."""

    __slots__ = ("ephemeral", "remote_index", "state", "static", "timestamp")

    def __init__(
        self, state: SymmetricState, remote_index: int, ephemeral: bytes, static: bytes
    ) -> None:
        self.state = state
        self.remote_index = remote_index
        self.ephemeral = ephemeral
        self.static = static
        self.timestamp = bytes(TIMESTAMP_SIZE)


def create_initiation(
    crypto: "Crypto",
    identity: Identity,
    remote: tuple[bytes, "Bytes | None"],
    local_index: int,
    timestamp: bytes,
) -> tuple[Handshake, bytes]:
    """Return a handshake and its initiation, with both macs zero (paper 5.4.2).

    ``remote`` is the public key of the peer, and the static-static secret with it.
    """
    public, static_static = remote
    state = _start(crypto, public)
    # e
    ephemeral = crypto.random(KEY_SIZE)
    ephemeral_public = crypto.public_key(ephemeral)
    state.mix_ephemeral(ephemeral_public)
    # es
    key = state.mix_dh(ephemeral, public)
    # s
    static = state.seal(key, identity.public)
    # ss
    key = state.mix_secret(static_static)
    # {t}
    stamp = state.seal(key, timestamp)
    message = initiation(local_index, ephemeral_public, static, stamp)
    return Handshake(state, ephemeral, local_index), message


def read_initiation(
    crypto: "Crypto",
    identity: Identity,
    sender: int,
    ephemeral: bytes,
    static: bytes,
) -> ReceivedInitiation:
    """Decrypt the static key of an initiation (paper 5.4.2); the sender is unproven.

    Raises Drop if the message is not authentic.
    """
    state = _start(crypto, identity.public)
    # e
    state.mix_ephemeral(ephemeral)
    # es
    key = state.mix_dh(identity.private, ephemeral)
    # s
    public = state.open(key, static, "initiation_not_authentic")
    return ReceivedInitiation(state, sender, ephemeral, public)


def authenticate_initiation(
    received: ReceivedInitiation, static_static: "Bytes | None", stamp: bytes
) -> None:
    """Verify the sender of an initiation, and set ``received.timestamp``.

    Raises Drop if the message is not authentic.
    """
    # ss
    key = received.state.mix_secret(static_static)
    # {t}
    received.timestamp = received.state.open(key, stamp, "initiation_not_authentic")


def create_response(
    crypto: "Crypto",
    received: ReceivedInitiation,
    preshared_key: "Bytes",
    local_index: int,
    now: int,
) -> tuple[Keypair, bytes]:
    """Return the keypair and the response, with both macs zero (paper 5.4.3)."""
    state = received.state
    # e
    ephemeral = crypto.random(KEY_SIZE)
    ephemeral_public = crypto.public_key(ephemeral)
    state.mix_ephemeral(ephemeral_public)
    # ee, se
    try:
        wipe(state.mix_dh(ephemeral, received.ephemeral))
        wipe(state.mix_dh(ephemeral, received.static))
    finally:
        wipe(ephemeral)
    # psk, {}
    nothing = state.seal(state.mix_psk(preshared_key), b"")
    indices = (local_index, received.remote_index)
    receive_key, send_key = state.split()
    keypair = Keypair(False, indices, (send_key, receive_key), now)
    message = response(local_index, received.remote_index, ephemeral_public, nothing)
    return keypair, message


def consume_response(
    crypto: "Crypto",
    identity: Identity,
    handshake: Handshake,
    preshared_key: "Bytes",
    message: tuple[int, bytes, bytes],
    now: int,
) -> Keypair:
    """Return the keypair of a handshake that a response completes (paper 5.4.3).

    ``message`` is the sender index, ephemeral key and sealed empty text of the
    response. Raises Drop if it is not authentic. The handshake is left unchanged, so
    that a forged response cannot end it.
    """
    remote_index, ephemeral, nothing = message
    state = handshake.state.copy()
    try:
        # e
        state.mix_ephemeral(ephemeral)
        # ee, se
        wipe(state.mix_dh(handshake.ephemeral, ephemeral))
        wipe(state.mix_dh(identity.private, ephemeral))
        # psk, {}
        key = state.mix_psk(preshared_key)
        state.open(key, nothing, "response_not_authentic")
        keys = state.split()
    finally:
        state.wipe()
    return Keypair(True, (handshake.local_index, remote_index), keys, now)
