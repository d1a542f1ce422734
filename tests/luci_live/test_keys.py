"""The keeper of keys: what is not needed any more goes by itself."""

import os

from tests.lab.wait import becomes
from tests.openwrt_live.conftest import Homes
from tests.openwrt_live.router import Router

from .conftest import serves

KEEPER = "luci.pywg"
KEYS = "etc/pywg/keys"
LONG_AGO = 1_700_000_000
# Where a name may stand that is still needed, and how it gets there.
PLACES = {
    "configured": "uci set network.kept=pywg_kept;"
    " uci set network.kept.preshared_key={}; uci commit network",
    "not committed": "uci set network.later=pywg_kept;"
    " uci set network.later.preshared_key={}",
    "not applied": "mkdir -p /var/run/rpcd/uci-1; echo {} >/var/run/rpcd/uci-1/network",
    "to go back to": "mkdir -p /var/run/rpcd/snapshot-files;"
    " echo {} >/var/run/rpcd/snapshot-files/network",
}


def keep(router: Router) -> str:
    """A new key; the name of its file."""
    return str(router.ubus(KEEPER, "generate_psk")["secret"]).removeprefix("kept:")


def make_old(router: Router, *names: str) -> None:
    for name in names:
        os.utime(router.root / KEYS / name, (LONG_AGO, LONG_AGO))


def kept(router: Router) -> set[str]:
    return set(os.listdir(router.root / KEYS))


def test_keys_go_that_are_old_and_named_nowhere(homes: Homes) -> None:
    home = homes[0]
    router = home.router
    needed = {place: keep(router) for place in PLACES}
    forgotten, young = keep(router), keep(router)
    by_hand = "my-own"
    router.run(f"cp /{KEYS}/{forgotten} /{KEYS}/{by_hand}")
    # From now on, nothing of that may be in a form that is not saved yet.
    router.run("/etc/init.d/rpcd restart")
    assert becomes(lambda: serves(home), 20)
    for place, command in PLACES.items():
        router.run(command.format(f"kept:{needed[place]}"))
    in_a_form = keep(router)
    make_old(router, *needed.values(), forgotten, by_hand, in_a_form)
    before = kept(router)
    last = keep(router)
    assert kept(router) == before - {forgotten} | {last}
    assert {*needed.values(), young, by_hand, in_a_form, last} <= kept(router)
    router.run(
        "uci revert network; rm -r /var/run/rpcd/uci-1 /var/run/rpcd/snapshot-files"
    )
