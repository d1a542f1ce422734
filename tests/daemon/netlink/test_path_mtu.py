"""The MTU of the interface."""

import pytest

from pywg_embedded.daemon.netlink.path_mtu import tunnel_mtu

# The size of the peer's address and the MTU of the device for each path; the result.
ROWS: tuple[tuple[list[tuple[int, int]], int], ...] = (
    ([], 1420),
    ([(4, 1500)], 1440),
    ([(16, 1500)], 1420),
    ([(4, 1492)], 1432),
    ([(4, 1500), (16, 1500), (4, 1492)], 1420),
    ([(4, 1500), (16, 1480)], 1400),
    ([(4, 0)], 1420),
    ([(4, 0), (4, 1492)], 1432),
    ([(16, 1280)], 1280),
    ([(4, 9000)], 8940),
)


@pytest.mark.parametrize(("paths", "expected"), ROWS, ids=str)
def test_mtu_fits_the_narrowest_path(
    paths: list[tuple[int, int]], expected: int
) -> None:
    assert tunnel_mtu(paths) == expected
