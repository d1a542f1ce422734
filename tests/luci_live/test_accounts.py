"""Who may only look sees no secret, and changes nothing, whatever is tried.

What LuCI itself gives to an account that may look at everything (``*``): it downloads a
backup of the router, secrets included. An account that may look at our pages does not.
"""

import re
from typing import Any

import pytest

from tests.lab.wireguard import new_key
from tests.openwrt_live.conftest import Homes
from tests.openwrt_live.world import NAME, Home

from .browser import Luci
from .conftest import GUEST, VISITOR, Window
from .test_status import link

DAEMON, KEEPER = f"pywg.{NAME}", "luci.pywg"
KEYS = "/etc/pywg/keys"
NO_SESSION = "0" * 32
# The answers to one that may not: of uhttpd, and of what is behind it.
DENIED = -32002
PERMISSION_DENIED = [6]

# What is there for everybody who may look; all other methods change something, or tell
# what is in a file.
HARMLESS = {
    DAEMON: {"history", "status"},
    KEEPER: set(),
    "uci": {"changes", "get"},
    "file": {"list", "lstat", "stat"},
    "session": {"access", "login"},
}
# What such a method might be told: all of it, whatever it takes.
ANYTHING = {
    "secret": "kept:mine",
    "key": new_key(),
    "peer": "",
    "config": "network",
    "section": NAME,
    "type": "interface",
    "name": "mine",
    "option": "private_key",
    "values": {"mtu": "1300"},
    "sections": [NAME],
    "rollback": False,
    "path": f"{KEYS}/mine",
    "data": "mine",
    "command": "/bin/cat",
    "params": [f"{KEYS}/mine"],
    "scope": "ubus",
    "objects": [[KEEPER, "*"]],
}
FILES = (
    f"{KEYS}/mine",
    f"/etc/board.json/../..{KEYS}/mine",
    "/etc/pywg/../pywg//keys/mine",
    "/etc/config/network",
    "/etc/shadow",
    f"/proc/self/root{KEYS}/mine",
)
# What tells much, and may be asked by whoever may look.
TELLING: tuple[tuple[str, str, dict[str, object]], ...] = (
    (DAEMON, "status", {}),
    (DAEMON, "history", {}),
    ("network.interface", "dump", {}),
    ("network.device", "status", {}),
    ("uci", "get", {"config": "network"}),
    ("uci", "changes", {}),
    ("file", "list", {"path": KEYS}),
    ("luci", "getProcessList", {}),
    ("log", "read", {"lines": 1000, "stream": False}),
)
# Programs of LuCI's that move files, and what they are asked for.
PROGRAMS = (
    ("cgi-download", {"path": f"{KEYS}/mine"}),
    ("cgi-download", {"path": "/etc/config/network"}),
    ("cgi-exec", {"command": f"/bin/cat {KEYS}/mine"}),
    ("cgi-upload", {"filename": f"{KEYS}/mine", "filedata": "mine"}),
)
BACKUP = ("cgi-backup", {"backup": "1"})

# Keeps whatever the pages are told.
LISTEN = """window.heard = [];
const send = XMLHttpRequest.prototype.send;
XMLHttpRequest.prototype.send = function(...body) {
    this.addEventListener('load', () => heard.push(this.responseText));
    return send.apply(this, body);
};"""
HEARD = "heard.join()"
ASK = """([session, object, method, parameters]) => fetch('/ubus/', { method: 'POST',
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'call',
        params: [ session || L.env.sessionid, object, method, parameters ] }) })
    .then(answer => answer.json())"""
POST = """([program, fields]) => {
    const form = new FormData();
    form.append('sessionid', L.env.sessionid);
    Object.entries(fields).forEach(([ name, value ]) => form.append(name, value));
    const isPlain = program !== 'cgi-upload';
    return fetch(`/cgi-bin/${program}`, { method: 'POST',
        body: isPlain ? new URLSearchParams(form) : form })
        .then(answer => answer.text().then(text => [ answer.status, text ]));
}"""


@pytest.fixture
def linked(homes: Homes) -> Homes:
    """With the first one's secrets outside of the configuration."""
    first, second = homes
    link(homes)
    first.router.run(f"mkdir -p -m 700 {KEYS}")
    shared = new_key()
    for name, secret in (("mine", first.private_key), ("shared", shared)):
        first.router.write(f"{KEYS[1:]}/{name}", secret)
    second.set("other", f"preshared_key={shared}")
    first.set("other", "preshared_key=kept:shared")
    first.set(NAME, "private_key=kept:mine")
    assert first.reaches(second, 30)
    return homes


def secrets(home: Home) -> set[str]:
    """What nobody shall see."""
    return set(home.router.run(f"cat {KEYS}/mine; echo; cat {KEYS}/shared").split())


def methods(home: Home, path: str) -> list[str]:
    """Of an object on the router's ubus."""
    listed = home.router.run(f"ubus -v list {path}")
    found = re.findall(r'^\t"(\w+)":', listed, re.MULTILINE)
    assert found
    return found


def ask(
    luci: Luci, path: str, method: str, arguments: object, session: str = ""
) -> Any:
    """As the browser does it, and whoever has its session could."""
    return luci.page.evaluate(ASK, [session, path, method, arguments])


def is_refused(answer: Any) -> bool:
    code = answer.get("error", {}).get("code")
    return bool(code == DENIED or answer.get("result") == PERMISSION_DENIED)


def is_denied(luci: Luci, program: str, fields: dict[str, str]) -> bool:
    """By its status, or, of an upload, in words."""
    status, words = luci.page.evaluate(POST, [program, fields])
    return bool(status == 403 or "denied" in words)


def everything(home: Home) -> str:
    """All that is kept on the router, also what waits to be applied."""
    return home.router.run(
        "find /etc /tmp/.uci /var/run/rpcd -type f ! -name '*.stamp' 2>/dev/null |"
        " sort | xargs md5sum"
    )


@pytest.mark.parametrize("user", [GUEST, VISITOR])
def test_who_may_look_sees_the_state_and_no_secret(
    linked: Homes, window: Window, user: str
) -> None:
    first, _ = linked
    with window(first, user=user) as luci:
        luci.page.add_init_script(LISTEN)
        luci.open("status/pywg")
        luci.page.locator(".pywg-state", has_text="Connected").wait_for()
        for words in ("New handshake", "Disable…"):
            assert luci.page.get_by_role("button", name=words).first.is_disabled()
        told = luci.page.evaluate(HEARD)
        luci.picture(user)
        luci.open("network/pywg")
        luci.page.get_by_text("may look").wait_for()
        told += luci.page.evaluate(HEARD)
        told += str([ask(luci, *question) for question in TELLING])
    # The names of both are among what is seen.
    assert "kept:mine" in told and "kept:shared" in told
    assert not [secret for secret in secrets(first) if secret in told]


@pytest.mark.parametrize("user", [GUEST, VISITOR])
def test_whatever_is_tried_is_refused(linked: Homes, window: Window, user: str) -> None:
    first, _ = linked
    tries = [
        (path, method, ANYTHING)
        for path, harmless in HARMLESS.items()
        for method in methods(first, path)
        if method not in harmless
    ]
    tries += [("file", "read", {"path": path}) for path in FILES]
    with window(first, user=user) as luci:
        luci.open("status/pywg")
        before, pid = everything(first), first.router.pid(NAME)
        granted = [one for one in tries if not is_refused(ask(luci, *one))]
        assert granted == []
        programs = PROGRAMS + ((BACKUP,) if user == VISITOR else ())
        started = [one for one in programs if not is_denied(luci, *one)]
        assert started == []
        assert everything(first) == before
        assert first.router.pid(NAME) == pid


def test_who_is_not_logged_in_is_told_nothing(linked: Homes, window: Window) -> None:
    first, _ = linked
    with window(first) as luci:
        luci.open("status/pywg")
        told = [
            (path, method)
            for path in HARMLESS
            for method in methods(first, path)
            if path != "session"
            and not is_refused(ask(luci, path, method, ANYTHING, NO_SESSION))
        ]
        # The same question, by the owner.
        revealed = ask(luci, KEEPER, "reveal", {"secret": "kept:mine"})
    assert revealed["result"] == [0, {"key": first.private_key}]
    assert told == []
