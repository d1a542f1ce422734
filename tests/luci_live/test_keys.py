"""The key store: unused keys are removed automatically."""

import os

from tests.lab.wait import becomes
from tests.openwrt_live.conftest import Homes
from tests.openwrt_live.router import Router

from .conftest import serves

KEY_STORE = "luci.pywg"
KEYS = "etc/pywg/keys"
LONG_AGO = 1_700_000_000
# Where a stored key may be referenced, and the command that creates the reference.
PLACES = {
    "configured": "uci set network.kept=pywg_kept;"
    " uci set network.kept.preshared_key={}; uci commit network",
    "not committed": "uci set network.later=pywg_kept;"
    " uci set network.later.preshared_key={}",
    "not applied": "mkdir -p /var/run/rpcd/uci-1; echo {} >/var/run/rpcd/uci-1/network",
    "snapshot": "mkdir -p /var/run/rpcd/snapshot-files;"
    " echo {} >/var/run/rpcd/snapshot-files/network",
}


def store_key(router: Router) -> str:
    """Generate and store a key, and return the name of its file."""
    return str(router.ubus(KEY_STORE, "generate_psk")["secret"]).removeprefix("kept:")


def make_old(router: Router, *names: str) -> None:
    for name in names:
        os.utime(router.root / KEYS / name, (LONG_AGO, LONG_AGO))


def stored(router: Router) -> set[str]:
    return set(os.listdir(router.root / KEYS))


def test_old_keys_without_a_reference_are_removed(homes: Homes) -> None:
    home = homes[0]
    router = home.router
    needed = {place: store_key(router) for place in PLACES}
    unused, young = store_key(router), store_key(router)
    by_hand = "my-own"
    router.run(f"cp /{KEYS}/{unused} /{KEYS}/{by_hand}")
    # After a restart, no unsaved form references these keys.
    router.run("/etc/init.d/rpcd restart")
    assert becomes(lambda: serves(home), 20)
    for place, command in PLACES.items():
        router.run(command.format(f"kept:{needed[place]}"))
    in_a_form = store_key(router)
    make_old(router, *needed.values(), unused, by_hand, in_a_form)
    before = stored(router)
    last = store_key(router)
    assert stored(router) == before - {unused} | {last}
    assert {*needed.values(), young, by_hand, in_a_form, last} <= stored(router)
    router.run(
        "uci revert network; rm -r /var/run/rpcd/uci-1 /var/run/rpcd/snapshot-files"
    )
