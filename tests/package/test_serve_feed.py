"""The feeds over HTTP, and the commands that install from them."""

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from package import serve_feed
from package.builder import apk, ipk, opkg_feed

from .test_ipk import PACKAGE, PACKED

KEY = opkg_feed.UsignKey(bytes(32))
FINGERPRINT = KEY.fingerprint.hex()


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """A folder like ``build``, with a feed for opkg and a file beside it."""
    folder = tmp_path / "ipk/x86_64"
    folder.mkdir(parents=True)
    (folder / ipk.file_name(PACKAGE)).write_bytes(PACKED)
    opkg_feed.write_index(folder, KEY)
    (tmp_path / "secret").write_text("secret")
    return tmp_path


@pytest.fixture
def base_url(build: Path) -> Iterator[str]:
    with serve_feed.make_server(build, 0, "127.0.0.1") as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return bytes(answer.read())


def test_packages_and_index_can_be_fetched(build: Path, base_url: str) -> None:
    for path in (build / "ipk/x86_64").iterdir():
        assert fetch(f"{base_url}/opkg/x86_64/{path.name}") == path.read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/secret", id="beside-the-feeds"),
        pytest.param("/opkg/../secret", id="parent"),
        pytest.param("/opkg/%2e%2e/secret", id="escaped-parent"),
        pytest.param("/apk/x86_64/packages.adb", id="no-such-feed"),
    ],
)
def test_nothing_else_can_be_fetched(base_url: str, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as error:
        fetch(f"{base_url}{path}")
    assert error.value.code == 404


def test_commands_for_opkg_name_feed_and_key(build: Path) -> None:
    (text,) = serve_feed.instructions(build, "http://192.0.2.5:8080", "x86_64")
    url = "http://192.0.2.5:8080/opkg/x86_64"
    assert text.splitlines() == [
        "OpenWrt 24.10 and earlier (opkg), on the router:",
        f"  wget -O /etc/opkg/keys/{FINGERPRINT} {url}/{FINGERPRINT}",
        f"  echo 'src/gz pywg {url}' >>/etc/opkg/customfeeds.conf",
        "  opkg update",
        "  opkg install luci-proto-pywg",
        "  /etc/init.d/network restart",
    ]


def test_commands_for_apk_name_feed_and_key(build: Path) -> None:
    folder = build / "apk/x86_64"
    folder.mkdir(parents=True)
    (folder / apk.INDEX).touch()
    _, text = serve_feed.instructions(build, "http://192.0.2.5:8080", "x86_64")
    url = "http://192.0.2.5:8080/apk/x86_64"
    assert text.splitlines() == [
        "OpenWrt 25.12 and later (apk), on the router:",
        f"  wget -O /etc/apk/keys/{apk.PUBLIC_KEY} {url}/{apk.PUBLIC_KEY}",
        f"  echo {url}/packages.adb >>/etc/apk/repositories.d/customfeeds.list",
        "  apk update",
        "  apk add luci-proto-pywg",
        "  /etc/init.d/network restart",
    ]


def test_no_commands_are_given_without_a_feed(build: Path) -> None:
    assert list(serve_feed.instructions(build, "http://x", "mips_24kc")) == []
