"""The crypto functions, by vectors of RFCs and Wycheproof; portable."""

from binascii import unhexlify

from pywg_embedded import crypto
from tests.vectors import load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Seal = Callable[[bytes, bytes, bytes, bytes], bytes]
    Open = Callable[[bytes, bytes, bytes, bytes], bytes | None]
    Vector = tuple[str, str, str, bytes, str]

# private, public, shared
X25519 = (
    # RFC 7748 5.2
    (
        "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
        "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
    ),
    (
        "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
        "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
        "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
    ),
    # RFC 7748 6.1
    (
        "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
        "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
        "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
    ),
    (
        "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
        "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
        "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
    ),
)

# RFC 7748 5.2: iterations, result.
X25519_ITERATED = {
    1: "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079",
    1000: "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51",
}

SUNSCREEN = (
    b"Ladies and Gentlemen of the class of '99: If I could offer you "
    b"only one tip for the future, sunscreen would be it."
)
INTERNET_DRAFTS = (
    b"Internet-Drafts are draft documents valid for a maximum of six months and may "
    b"be updated, replaced, or obsoleted by other documents at any time. It is "
    b"inappropriate to use Internet-Drafts as reference material or to cite them "
    b"other than as /\xe2\x80\x9cwork in progress./\xe2\x80\x9d"
)

# key, nonce, associated data, plaintext, ciphertext and tag
CHACHA20_POLY1305 = (
    # RFC 8439 2.8.2
    (
        "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
        "070000004041424344454647",
        "50515253c0c1c2c3c4c5c6c7",
        SUNSCREEN,
        "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
        "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
        "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
        "3ff4def08e4b7a9de576d26586cec64b6116"
        "1ae10b594f09e26a7e902ecbd0600691",
    ),
    # RFC 8439 A.5
    (
        "1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0",
        "000000000102030405060708",
        "f33388860000000000004e91",
        INTERNET_DRAFTS,
        "64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb2"
        "4c6cfc18755d43eea09ee94e382d26b0bdb7b73c321b0100d4f03b7f355894cf"
        "332f830e710b97ce98c8a84abd0b948114ad176e008d33bd60f982b1ff37c855"
        "9797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c867e4"
        "b9166c767b804d46a59b5216cde7a4e99040c5a40433225ee282a1b0a06c523e"
        "af4534d7f83fa1155b0047718cbc546a0d072b04b3564eea1b422273f548271a"
        "0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a6727627097a10"
        "49e617d91d361094fa68f0ff77987130305beaba2eda04df997b714d6c6f2c29"
        "a6ad5cb4022b02709b"
        "eead9d67890cbb22392336fea1851f38",
    ),
)
XCHACHA20_POLY1305 = (
    # draft-irtf-cfrg-xchacha-03 A.3.1
    (
        "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
        "404142434445464748494a4b4c4d4e4f5051525354555657",
        "50515253c0c1c2c3c4c5c6c7",
        SUNSCREEN,
        "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
        "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
        "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
        "21f9664c97637da9768812f615c68b13b52e"
        "c0875924c1c7987947deafd8780acf49",
    ),
)

# From the vectors of BLAKE2's authors, the key being 00 01 ... 1f:
# the size of the data 00 01 02 ..., BLAKE2s-256
BLAKE2S_KEYED = (
    (0, "48a8997da407876b3d79c0d92325ad3b89cbb754d86ab71aee047ad345fd2c49"),
    (1, "40d15fee7c328830166ac3f918650f807e7e01e177258cdc0a39b11f598066f1"),
    (255, "3fb735061abc519dfe979e54c1ee5bfad0a9d858b3315bad34bde999efd724dd"),
)

# key, data, the first three outputs of HKDF by the modules hmac and hashlib of Python
HKDF = (
    (
        bytes(range(32)),
        b"",
        "7a38c34bf2b8738d7374ca77c44ecb309a11d2b2528304fa86052c365e722624",
        "1a17621f346abdc520746a9fb64d8eb03231d674fc15687537b0780fd9c060fd",
        "4eaf02809ac4b930ef63479de62275f1c55656e61f78a3cc653c18a2223d6c5f",
    ),
    (
        bytes(range(32)),
        b"data",
        "42a038507e272afffcea6d2d2a98346bcedbd242b0cab0cb664dd6dd486e38db",
        "cdc87247bb6325709c399eb10f937003b5f85b4e29f3d8016f4c10f9d8b5655c",
        "37009b4aeed47b33230402a8d0d209dc1c8f0762b16958d4b7362c72ff2fdacc",
    ),
    (
        b"\xff" * 32,
        bytes(range(100)),
        "aaca818056e96ea378616b230080395937da49972a7dbeceac05e43dc4cd6293",
        "3cb60889c0f227b7e46db177626b27fca347222a34013302d53e4200ff3ab7d3",
        "c26303fb9cf7193e2c43a1a6e9375ddc608c269d7d2c72456cf432cda42f1bbc",
    ),
    (
        bytes(range(32)),
        b"input",
        "87b7f70b24183c6db5dc4f6d9f4c47cdb203321aa2a0bef714896adb3107a040",
        "538a02e1eb2e31b7e4d4b82476d1fe2acf50085d3fb584537279195f5d1f5824",
        "9ad858025593be88de0f9442a589cfe84a88dc19e4753d93684d1c5efc4837f9",
    ),
)


def flip(data: bytes) -> bytes:
    """Return a copy with the last bit changed."""
    return data[:-1] + bytes([data[-1] ^ 1])


def check_aead(
    seal: "Seal", open_sealed: "Open", vectors: "tuple[Vector, ...]"
) -> None:
    """Check each vector, and that one changed bit of any part is refused."""
    for row, vector in enumerate(vectors):
        key, nonce, aad, sealed = (unhexlify(vector[i]) for i in (0, 1, 2, 4))
        assert seal(key, nonce, vector[3], aad) == sealed, row
        assert open_sealed(key, nonce, sealed, aad) == vector[3], row
        assert open_sealed(flip(key), nonce, sealed, aad) is None, row
        assert open_sealed(key, flip(nonce), sealed, aad) is None, row
        assert open_sealed(key, nonce, flip(sealed), aad) is None, row
        assert open_sealed(key, nonce, sealed, flip(aad)) is None, row
        assert open_sealed(key, nonce, sealed[:15], aad) is None, row


def check_wycheproof(seal: "Seal", open_sealed: "Open", file_name: str) -> None:
    for case_id, *texts, valid in load(file_name):
        key, nonce, aad, plaintext, sealed = map(unhexlify, texts)
        opened = open_sealed(key, nonce, sealed, aad)
        assert opened == (plaintext if valid else None), case_id
        assert (seal(key, nonce, plaintext, aad) == sealed) == valid, case_id


def fibonacci(size: int, seed: int) -> bytes:
    """Return the deterministic data of RFC 7693 E."""
    a, b = 0xDEAD4BAD * seed & 0xFFFFFFFF, 1
    data = bytearray(size)
    for i in range(size):
        a, b = b, (a + b) & 0xFFFFFFFF
        data[i] = b >> 24
    return bytes(data)


def test_x25519_matches_rfc_7748() -> None:
    for row, vector in enumerate(X25519):
        private, public, shared = map(unhexlify, vector)
        assert crypto.dh(private, public) == bytearray(shared), row


def test_iterated_x25519_matches_rfc_7748() -> None:
    k = u = bytes([9]) + bytes(31)
    for count in range(1, 1001):
        shared = crypto.dh(k, u)
        assert shared is not None, count
        if count in X25519_ITERATED:
            assert shared == unhexlify(X25519_ITERATED[count]), count
        k, u = bytes(shared), k


def test_public_keys_match_rfc_7748() -> None:
    alice, bob = X25519[-2:]
    assert crypto.public_key(unhexlify(alice[0])) == unhexlify(bob[1])
    assert crypto.public_key(unhexlify(bob[0])) == unhexlify(alice[1])


def test_x25519_matches_wycheproof_and_refuses_zero_secrets() -> None:
    refused = 0
    for case_id, *texts in load("wycheproof_x25519.json"):
        private, public, shared = map(unhexlify, texts)
        expected = None if shared == bytes(32) else shared
        assert crypto.dh(private, public) == expected, case_id
        refused += expected is None
    assert refused > 0


def test_chacha20_poly1305_matches_rfc_8439() -> None:
    check_aead(crypto.seal, crypto.open_sealed, CHACHA20_POLY1305)


def test_chacha20_poly1305_matches_wycheproof() -> None:
    file_name = "wycheproof_chacha20_poly1305.json"
    check_wycheproof(crypto.seal, crypto.open_sealed, file_name)


def test_xchacha20_poly1305_matches_its_draft() -> None:
    check_aead(crypto.xseal, crypto.xopen, XCHACHA20_POLY1305)


def test_xchacha20_poly1305_matches_wycheproof() -> None:
    file_name = "wycheproof_xchacha20_poly1305.json"
    check_wycheproof(crypto.xseal, crypto.xopen, file_name)


def test_blake2s_matches_rfc_7693() -> None:
    assert crypto.blake2s(b"abc") == unhexlify(
        "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982"
    )


def test_blake2s_of_all_sizes_matches_rfc_7693() -> None:
    digests = b""
    for size in (16, 20, 28, 32):
        key = fibonacci(size, size)
        for data_size in (0, 3, 64, 65, 255, 1024):
            data = fibonacci(data_size, data_size)
            digests += crypto.blake2s(data, b"", size) + crypto.blake2s(data, key, size)
    assert crypto.blake2s(digests) == unhexlify(
        "6a411f08ce25adcdfb02aba641451cec53c598b24f4fc787fbdc88797f4c1dfe"
    )


def test_keyed_blake2s_matches_the_vectors_of_its_authors() -> None:
    key = bytes(range(32))
    for size, digest in BLAKE2S_KEYED:
        assert crypto.blake2s(bytes(range(size)), key) == unhexlify(digest), size


def check_hkdf(kdf: "Callable[[bytes, bytes, int], list[bytearray]]") -> None:
    for row, (key, data, *outputs) in enumerate(HKDF):
        expected = [unhexlify(output) for output in outputs]
        for count in (1, 2, 3):
            assert kdf(key, data, count) == expected[:count], (row, count)


def test_kdf_matches_known_answers() -> None:
    check_hkdf(crypto.kdf)


def test_secrets_are_returned_in_buffers_that_can_be_overwritten() -> None:
    private, public, _ = map(unhexlify, X25519[0])
    secrets = [crypto.random(32), crypto.dh(private, public)]
    secrets += crypto.kdf(private, b"", 3)
    assert all(isinstance(secret, bytearray) for secret in secrets)


def test_secrets_are_unchanged_by_locking() -> None:
    secret = bytearray(range(32))
    crypto.lock(secret)
    assert secret == bytes(range(32))


def test_equal_compares_secrets() -> None:
    for row, (a, b, same) in enumerate(
        (
            (b"", b"", True),
            (b"ab", b"ab", True),
            (b"ab", b"ac", False),
            (b"a", b"", False),
        )
    ):
        assert crypto.equal(a, b) is same, row


def test_bytearrays_are_accepted_as_keys() -> None:
    private, public, shared = map(unhexlify, X25519[0])
    assert crypto.dh(bytearray(private), public) == bytearray(shared)
    sealed = crypto.seal(bytearray(private), bytes(12), bytearray(b"text"), b"")
    assert crypto.open_sealed(private, bytes(12), sealed, b"") == b"text"
    assert crypto.blake2s(b"", bytearray(private)) == crypto.blake2s(b"", private)


def test_random_returns_different_bytes() -> None:
    a, b = crypto.random(32), crypto.random(32)
    assert len(a) == len(b) == 32
    assert a != b
