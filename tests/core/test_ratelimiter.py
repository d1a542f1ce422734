"""The rate limiter: burst, steady rate, and a full table."""

from pywg_embedded.core.ratelimiter import RateLimiter
from tests.core.support import NOW, SeededCrypto

A, B = bytes((192, 0, 2, 1)), bytes((192, 0, 2, 2))
PLACES = 2048
# Enough to fill every set of the table, with the seed used here.
CROWD = 5_000

# two addresses, whether they share a bucket
SOURCES = (
    (A, A, True),
    (A, B, False),
    # IPv6: the same /64, one that differs in the last bit of it, in the first bit
    (bytes(16), bytes(8) + b"\xff" * 8, True),
    (bytes(16), bytes(7) + b"\1" + bytes(8), False),
    (bytes(16), b"\x80" + bytes(15), False),
    # IPv4, and an IPv6 network that begins with the same bytes
    (A, A + bytes(12), False),
)


def limiter() -> RateLimiter:
    return RateLimiter(SeededCrypto(1))


def allowed(limiter: RateLimiter, address: bytes, now: int, count: int) -> int:
    """Return how many of ``count`` packets are allowed."""
    return sum(limiter.allow(address, now) for _ in range(count))


def crowd(size: int = CROWD) -> "list[bytes]":
    """Return different IPv4 addresses."""
    return [n.to_bytes(4, "big") for n in range(size)]


def newcomers() -> "list[bytes]":
    """Return addresses that are not in the crowd."""
    return [(CROWD + n).to_bytes(4, "big") for n in range(100)]


def test_a_burst_of_five_is_allowed_then_one_each_50_ms() -> None:
    limit = limiter()
    assert allowed(limit, A, NOW, 10) == 5
    # milliseconds later, how many of ten are allowed
    for row, (later, passing) in enumerate(
        ((49, 0), (50, 1), (99, 0), (100, 1), (250, 3), (10_000, 5))
    ):
        assert allowed(limit, A, NOW + later, 10) == passing, f"row {row}"


def test_the_steady_rate_is_twenty_per_second() -> None:
    limit = limiter()
    assert allowed(limit, A, NOW, 5) == 5
    passed = sum(limit.allow(A, NOW + ms) for ms in range(1, 10_001))
    assert passed == 200


def test_sources_are_ipv4_addresses_and_ipv6_networks_of_64_bits() -> None:
    for row, (first, second, shared) in enumerate(SOURCES):
        limit = limiter()
        assert allowed(limit, first, NOW, 5) == 5, f"row {row}"
        assert limit.allow(second, NOW) is not shared, f"row {row}"


def test_a_full_table_refuses_new_sources() -> None:
    limit = limiter()
    assert sum(limit.allow(address, NOW) for address in crowd()) == PLACES
    assert sum(limit.allow(address, NOW) for address in newcomers()) == 0


def test_a_source_in_a_full_table_keeps_its_bucket() -> None:
    limit = limiter()
    assert limit.allow(A, NOW)
    for address in crowd():
        limit.allow(address, NOW)
    assert allowed(limit, A, NOW, 10) == 4


def test_full_buckets_are_replaced() -> None:
    limit = limiter()
    for address in crowd():
        limit.allow(address, NOW)
    assert not any(limit.allow(address, NOW + 49) for address in newcomers())
    assert all(limit.allow(address, NOW + 50) for address in newcomers())


def test_the_set_of_a_source_is_unpredictable() -> None:
    survivors = []
    for seed in (1, 2):
        limit = RateLimiter(SeededCrypto(seed))
        survivors.append([limit.allow(address, NOW) for address in crowd(3000)])
    assert survivors[0] != survivors[1]
