"""The key store: unused keys are removed automatically."""

import os

from tests.lab.wait import becomes
from tests.openwrt_live.conftest import Homes
from tests.openwrt_live.router import Router

from .conftest import serves

KEY_STORE = "luci.pywg"
KEYS = "etc/pywg/keys"
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


def stored(router: Router) -> set[str]:
    return set(os.listdir(router.root / KEYS))


def test_keys_without_a_reference_are_removed(homes: Homes) -> None:
    home = homes[0]
    router = home.router
    needed = {place: store_key(router) for place in PLACES}
    unused, in_a_form, by_hand = store_key(router), store_key(router), "my-own"
    router.run(f"cp /{KEYS}/{unused} /{KEYS}/{by_hand}")
    # No key is named in any configuration, but each may be in a form.
    before = stored(router)
    router.run("/etc/init.d/rpcd restart")
    assert becomes(lambda: serves(home), 20)
    router.ubus(KEY_STORE, "remove_unused")
    assert stored(router) == before
    for place, command in PLACES.items():
        router.run(command.format(f"kept:{needed[place]}"))
    router.write("etc/config/gone", f"config x\n\toption y 'kept:{unused}'\n")
    router.ubus(KEY_STORE, "remove_unused")
    assert stored(router) == before
    router.run("rm /etc/config/gone")
    router.ubus(KEY_STORE, "remove_unused")
    assert stored(router) == before - {unused}
    assert {*needed.values(), in_a_form, by_hand} <= stored(router)
    router.run(
        "uci revert network; rm -r /var/run/rpcd/uci-1 /var/run/rpcd/snapshot-files"
    )
