"""The configuration file format of wg(8)."""

from pywg_embedded.control import wgconf
from pywg_embedded.control.diff import diff
from pywg_embedded.control.keys import to_base64
from pywg_embedded.core.config import ZERO_KEY, InterfaceChange
from pywg_embedded.core.errors import ConfigError
from tests.control.support import (
    change,
    error_of,
    key,
    peer_change,
    peer_status,
    plain,
    status,
)

A, B = 1, 2
V4 = (b"\xc0\x00\x02\x01", 51820, 0)
SECRET = to_base64(key(9))
PEER_A = f"[Peer]\nPublicKey = {to_base64(key(A))}\n"
PEER_B = f"[Peer]\nPublicKey = {to_base64(key(B))}\n"
UNSET = {"private_key": ZERO_KEY, "listen_port": 0, "fwmark": 0, "replace_peers": True}


def resolve(host: str, port: int) -> tuple[bytes, int, int]:
    if host != "peer.example":
        raise ConfigError(f"no address of {host}")
    return b"\xc0\x00\x02\x01", port, 0


def parse(text: str, append: bool = True) -> InterfaceChange:
    return wgconf.parse(text.split("\n"), "wg0.conf", resolve, append)


def replacing(*allowed_ips: str) -> InterfaceChange:
    return change(peer_change(A, *allowed_ips, replace_allowed_ips=True))


# A file, and its change with ``append``.
FILES = (
    ("", change()),
    ("# nothing\n\n   \n", change()),
    (
        f"[Interface]\nPrivateKey = {SECRET}\nListenPort = 51820\nFwMark = 0xCa6C\n",
        change(private_key=key(9), listen_port=51820, fwmark=0xCA6C),
    ),
    ("[interface]\nlistenport=1 # why\nFWMARK=off\n", change(listen_port=1, fwmark=0)),
    (" [ Interface ]\r\n\tListenPort\t=\t1\r\n", change(listen_port=1)),
    ("[Interface]\nFwMark = OFF\n", change(fwmark=0)),
    ("[Interface]\nFwMark = 51820\n", change(fwmark=51820)),
    ("[Interface]\nListenPort = 1\nListenPort = 2\n", change(listen_port=2)),
    (PEER_A, replacing()),
    (PEER_A + "AllowedIPs =\n", replacing()),
    (
        PEER_A + "AllowedIPs = 10.0.0.1/8, ::1\nAllowedIPs=192.0.2.0/24",
        replacing("10.0.0.0/8", "::1/128", "192.0.2.0/24"),
    ),
    (
        PEER_A + "AllowedIPs = +10.0.0.0/8, -::1\n",
        change(peer_change(A, "10.0.0.0/8", "-::1/128")),
    ),
    (
        PEER_A + f"PresharedKey = {SECRET}\nEndpoint = peer.example:51820\n"
        "PersistentKeepalive = 25\n" + PEER_B + "PersistentKeepalive = Off\n",
        change(
            peer_change(
                A,
                preshared_key=key(9),
                endpoint=V4,
                persistent_keepalive=25,
                replace_allowed_ips=True,
            ),
            peer_change(B, persistent_keepalive=0, replace_allowed_ips=True),
        ),
    ),
)


def test_a_file_is_parsed_into_a_change() -> None:
    for row, (text, wanted) in enumerate(FILES):
        assert plain(parse(text)) == plain(wanted), row


def test_missing_values_are_reset_unless_appending() -> None:
    assert plain(parse("", append=False)) == plain(change(**UNSET))
    named = dict(UNSET, listen_port=5)
    text = "[Interface]\nListenPort = 5\n"
    assert plain(parse(text, append=False)) == plain(change(**named))


def test_the_longest_keepalive_is_accepted() -> None:
    for text, value in (("65535", 65_535), ("1", 1), ("0", 0), ("off", 0)):
        assert wgconf.parse_keepalive(text) == value, text
    assert "65536" in error_of(wgconf.parse_keepalive, "65536")


def test_an_error_names_file_line_option_and_reason() -> None:
    for row, (text, message) in enumerate(
        (
            (
                PEER_A + "\n\n# x\nAllowedIPs = ::/0, 10.0.0.0/33\n",
                "wg0.conf:6: AllowedIPs: invalid allowed IP '10.0.0.0/33': "
                "invalid prefix length 33 (expected 0 to 32)",
            ),
            (
                PEER_A + "AllowedIPs = ::/0,\n",
                "wg0.conf:3: AllowedIPs: invalid IP address ''",
            ),
            (
                "[Interface]\nPrivateKey = abc\n",
                "wg0.conf:2: PrivateKey: invalid key: length",
            ),
            (
                "[Interface]\nprivatekey =\n",
                "wg0.conf:2: PrivateKey: invalid key: length",
            ),
            (
                "[Interface]\nListenPort = 65536\n",
                "wg0.conf:2: ListenPort: invalid number '65536'",
            ),
            ("[Interface]\nFwMark = 0x\n", "wg0.conf:2: FwMark: invalid mark '0x'"),
            (
                "[Interface]\nFwMark = 0x100000000\n",
                "wg0.conf:2: FwMark: invalid mark '0x100000000'",
            ),
            (
                "[Interface]\nFwMark = 0x_1\n",
                "wg0.conf:2: FwMark: invalid mark '0x_1'",
            ),
            ("[Interface]\nFwMark = no\n", "wg0.conf:2: FwMark: invalid number 'no'"),
            (
                PEER_A + "Endpoint = [::1]\n",
                "wg0.conf:3: Endpoint: invalid endpoint '[::1]'",
            ),
            (
                PEER_A + "Endpoint = x.example:1\n",
                "wg0.conf:3: Endpoint: no address of",
            ),
            (PEER_A + "PersistentKeepalive = no\n", "wg0.conf:3: PersistentKeepalive:"),
            (
                PEER_A + "ListenPort = 5\n",
                "wg0.conf:3: unknown option 'ListenPort' of",
            ),
            (
                "[Interface]\nPublicKey = x\n",
                "wg0.conf:2: unknown option 'PublicKey'",
            ),
            ("ListenPort = 5\n", "wg0.conf:1: option 'ListenPort' before ["),
            ("[Interface]\nListenPort\n", "wg0.conf:2: invalid line 'ListenPort'"),
            ("[Peers]\n", "wg0.conf:1: invalid line '[Peers]'"),
            (PEER_A + "\n[Peer]\n" + PEER_B, "wg0.conf:4: [Peer] without PublicKey"),
            ("\n[Peer]\n", "wg0.conf:2: [Peer] without PublicKey"),
        )
    ):
        got = error_of(parse, text)
        assert got.startswith(message) and "\n" not in got, (row, got)


def test_options_of_wg_quick_are_named_in_the_error() -> None:
    for row, option in enumerate(wgconf.WG_QUICK_OPTIONS):
        got = error_of(parse, f"[Interface]\n{option.upper()} = x\n")
        assert got.startswith(f"wg0.conf:2: {option} is an option of wg-quick(8)"), (
            row,
            got,
        )


def test_no_error_shows_a_key() -> None:
    for row, text in enumerate(
        (
            f"[Interface]\nPrivateKey = {SECRET}x\n",
            f"[Peer]\nPresharedKey = {SECRET[:-1]}\n",
        )
    ):
        assert SECRET[:8] not in error_of(parse, text), row


def test_a_host_name_is_refused_without_a_resolver() -> None:
    lines = (PEER_A + "Endpoint = 192.0.2.1:51820\n").split("\n")
    assert wgconf.parse(lines, "wg0.conf").peers[0].endpoint == V4
    lines[2] = "Endpoint = peer.example:51820"
    message = error_of(wgconf.parse, lines, "wg0.conf")
    assert message == "wg0.conf:3: Endpoint: invalid IP address 'peer.example'"


FULL_STATUS = status(
    peer_status(
        A,
        "10.0.0.0/8",
        "::/0",
        preshared_key=key(9),
        endpoint=V4,
        persistent_keepalive=25,
        rx_bytes=1,
    ),
    peer_status(B),
    private_key=key(9),
    listen_port=51820,
    fwmark=16,
)
FULL_FILE = f"""\
[Interface]
ListenPort = 51820
FwMark = 0x10
PrivateKey = {SECRET}

[Peer]
PublicKey = {to_base64(key(A))}
PresharedKey = {SECRET}
AllowedIPs = 10.0.0.0/8, ::/0
Endpoint = 192.0.2.1:51820
PersistentKeepalive = 25

[Peer]
PublicKey = {to_base64(key(B))}
"""


def test_a_status_is_formatted_as_a_file() -> None:
    for row, (interface, text) in enumerate(
        ((FULL_STATUS, FULL_FILE), (status(), "[Interface]\n\n"))
    ):
        assert "".join(wgconf.format_status(interface)) == text, row


def test_a_formatted_file_yields_no_difference() -> None:
    wanted = wgconf.parse(FULL_FILE.split("\n"), "wg0.conf")
    assert plain(diff(FULL_STATUS, wanted)) == plain(change())
