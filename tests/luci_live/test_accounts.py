"""Who may only look sees no secret, and changes nothing."""

import pytest

from tests.openwrt_live.conftest import Homes
from tests.openwrt_live.world import NAME

from .conftest import GUEST, Window
from .test_status import link

# As the browser asks: object, method, arguments.
FORBIDDEN = (
    ("luci.pywg", "generate_key", "{}"),
    ("luci.pywg", "generate_psk", "{}"),
    ("luci.pywg", "generate_pair", "{}"),
    ("luci.pywg", "reveal", "{ secret: 'kept:mine' }"),
    (f"pywg.{NAME}", "rekey", "{}"),
    (f"pywg.{NAME}", "resolve", "{}"),
    ("uci", "set", "{ config: 'network', section: 'wg0', values: { mtu: '1' } }"),
)
ASK = """([object, method, parameters]) => new Promise(done =>
    fetch('/ubus/', { method: 'POST', body: JSON.stringify({ jsonrpc: '2.0', id: 1,
        method: 'call', params: [ L.env.sessionid, object, method, parameters ] }) })
    .then(answer => answer.json()).then(done))"""


@pytest.fixture
def linked(homes: Homes) -> Homes:
    """With the first one's secrets outside of the configuration."""
    first, _ = homes
    link(homes)
    first.router.run("mkdir -p -m 700 /etc/pywg/keys")
    first.router.write("etc/pywg/keys/mine", first.private_key)
    first.set(NAME, "private_key=kept:mine")
    return homes


def test_a_guest_sees_the_state_and_no_secret(linked: Homes, window: Window) -> None:
    first, _ = linked
    with window(first, user=GUEST) as luci:
        told: list[str] = []
        luci.page.on("response", lambda one: told.append(one.url))
        luci.open("status/pywg")
        luci.page.locator(".pywg-state", has_text="Connected").wait_for()
        for words in ("New handshake", "Disable…"):
            assert luci.page.get_by_role("button", name=words).first.is_disabled()
        luci.picture("guest")
        seen = luci.page.evaluate(ASK, ["uci", "get", {"config": "network"}])
        assert first.private_key not in str(seen)
        assert told


@pytest.mark.parametrize("row", range(len(FORBIDDEN)))
def test_a_guest_changes_nothing(linked: Homes, window: Window, row: int) -> None:
    first, _ = linked
    target, method, parameters = FORBIDDEN[row]
    with window(first, user=GUEST) as luci:
        luci.open("status/pywg")
        arguments = luci.page.evaluate(f"() => ({parameters})")
        answer = luci.page.evaluate(ASK, [target, method, arguments])
        # -32002 and 6 are both "permission denied".
        assert answer.get("error", {}).get("code") == -32002 or answer["result"] == [6]
    assert "mtu" not in first.router.run(f"uci show network.{NAME}")
