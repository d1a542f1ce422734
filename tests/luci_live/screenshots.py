"""The screenshots of the README: ``make screenshots OPENWRT_ROOTFS=dir``.

Two homes and a laptop, with public addresses, and ten minutes of traffic: the span of
the chart.
"""

import contextlib
import random
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.host import Host
from tests.lab.topology import Lab
from tests.lab.wireguard import WireGuard
from tests.openwrt_live.conftest import Homes
from tests.openwrt_live.world import INSIDE, LANS, NAME, PORT, UPLINKS, Home

from .browser import Luci
from .conftest import Window

FOLDER = Path("luci/screenshots")
WIDTH = 1240
# Networks for documentation (RFC 5737): unused, and not private.
OUTSIDE = {"first": "203.0.113", "second": "198.51.100"}
PARENTS, PARENTS_INSIDE = "192.0.2", "10.9.0.3"
# Seconds; the rate changes linearly from one step to the next.
PLAYED, STEP, TICK = 600, 12, 0.05
DATA = bytes(1200)


@pytest.fixture(scope="session", autouse=True)
def on_the_internet(with_pages: Homes) -> None:
    """Give both routers host names and public addresses."""
    for home, name in zip(with_pages, ("Home", "Cabin"), strict=True):
        network = OUTSIDE[home.name]
        device, *_ = UPLINKS[home.name]["wan"]
        home.isp.add_address(f"{home.name}-{device}", f"{network}.1/24")
        home.router.uci(f"set system.@system[0].hostname={name}")
        home.set("wan", f"ipaddr={network}.2/24", f"gateway={network}.1")


@pytest.fixture
def parents(homes: Homes) -> Iterator[WireGuard]:
    """Return a laptop in a third network."""
    first, _ = homes
    with Lab() as lab:
        laptop = lab.host("parents")
        laptop.wire("eth0", first.isp, "parents")
        first.isp.add_address("parents", f"{PARENTS}.1/24")
        laptop.add_address("eth0", f"{PARENTS}.2/24")
        laptop.add_default_route(f"{PARENTS}.1")
        yield lab.enter_context(
            WireGuard(laptop, "pywgd", (f"{PARENTS_INSIDE}/24",), {4: f"{PARENTS}.2"})
        )


def link(homes: Homes, parents: WireGuard) -> None:
    """Link the first home with the second one and with the laptop."""
    first, second = homes
    for home in homes:
        home.configure()
    second.meet("first", *peer_options(first, "Home"))
    first.meet("second", *peer_options(second, "Cabin"))
    first.meet(
        "parents",
        f"public_key={parents.public_key}",
        "description=Parents",
        f"+allowed_ips={PARENTS_INSIDE}/32",
    )
    parents.set(
        *("peer", first.public_key, "allowed-ips", f"{INSIDE['first']}/32"),
        *("endpoint", f"{OUTSIDE['first']}.2:{PORT}", "persistent-keepalive", "25"),
    )
    assert first.reaches(second, 30)


def peer_options(remote: Home, name: str) -> tuple[str, ...]:
    return (
        f"public_key={remote.public_key}",
        f"description={name}",
        f"endpoint_host={OUTSIDE[remote.name]}.2",
        "persistent_keepalive=25",
        f"+allowed_ips={INSIDE[remote.name]}/32",
        f"+allowed_ips={LANS[remote.name]}.0/24",
        "route_allowed_ips=1",
    )


class Stream:
    """Datagrams from one host to another, at a pseudo-random rate."""

    def __init__(
        self, source: Host, target: Host, address: str, kbits: int, seed: int
    ) -> None:
        self._sink = target.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sink.bind((address, 9))
        self._socket = source.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect((address, 9))
        drawn = random.Random(seed)
        count = 2 * PLAYED // STEP
        self._rates = [kbits * 125 * drawn.betavariate(1.2, 3) for _ in range(count)]
        self._owed = 0.0

    def send(self, at: float, elapsed: float) -> None:
        """Send the datagrams that are due ``at`` a time."""
        step, part = divmod(at / STEP, 1)
        before, after = self._rates[int(step) : int(step) + 2]
        self._owed += elapsed * (before + (after - before) * part)
        while self._owed > len(DATA):
            self._socket.send(DATA)
            self._owed -= len(DATA)

    def close(self) -> None:
        self._socket.close()
        self._sink.close()


@contextlib.contextmanager
def playing(*streams: Stream) -> Iterator[None]:
    """Run all streams: for the span of the chart, then until the context exits."""
    over = threading.Event()

    def play() -> None:
        began = before = time.monotonic()
        while not over.wait(TICK):
            now = time.monotonic()
            for stream in streams:
                stream.send(now - began, now - before)
            before = now

    player = threading.Thread(target=play)
    player.start()
    try:
        time.sleep(PLAYED)
        yield
    finally:
        over.set()
        player.join()
        for stream in streams:
            stream.close()


def take(luci: Luci, name: str, place: str = "") -> None:
    """Take a screenshot of the whole page or of a part of it."""
    picture = FOLDER / f"{name}.png"
    if place:
        luci.page.locator(place).screenshot(path=picture, animations="disabled")
    else:
        # The theme makes the page as high as the window at least.
        height = luci.page.evaluate(
            "Math.ceil(document.querySelector('#view').getBoundingClientRect().bottom)"
        )
        luci.page.set_viewport_size({"width": WIDTH, "height": height + 20})
        luci.page.screenshot(path=picture, animations="disabled")


def test_wizard(homes: Homes, window: Window) -> None:
    with window(homes[0], size=(WIDTH, 900)) as luci:
        luci.open("network/pywg")
        luci.label("Name of the other home", "Cabin")
        luci.label("Network of the other home (LAN)", f"{LANS['second']}.0/24")
        luci.label("Public address of the other home", "cabin.example.org")
        luci.label("Public address of this home", "home.example.org")
        take(luci, "wizard")


def test_status_and_peers(homes: Homes, parents: WireGuard, window: Window) -> None:
    first, second = homes
    link(homes, parents)
    local, remote = f"{LANS['first']}.100", f"{LANS['second']}.100"
    streams = (
        Stream(second.client, first.client, local, 6_000, 1),
        Stream(first.client, second.client, remote, 2_500, 2),
        Stream(parents.host, first.router.host, INSIDE["first"], 500, 3),
        Stream(first.router.host, parents.host, PARENTS_INSIDE, 900, 4),
    )
    size = (WIDTH, 900)
    with playing(*streams), window(first, size=size) as luci:
        connected = luci.page.locator(".pywg-state", has_text="Connected")
        luci.open("status/pywg")
        connected.nth(1).wait_for()
        # Until the page has polled the rates.
        luci.page.wait_for_timeout(12_000)
        take(luci, "status")
        luci.edit(NAME)
        luci.tab("Peers")
        connected.nth(1).wait_for()
        take(luci, "peers", ".modal")
