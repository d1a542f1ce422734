"""Read-only accounts see no secrets and cannot change anything.

LuCI itself lets a read-only account for all pages (``*``) download a backup of the
router, secrets included. An account for the pages of this package has no such access.
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

DAEMON, KEY_STORE = f"pywg.{NAME}", "luci.pywg"
KEYS = "/etc/pywg/keys"
NO_SESSION = "0" * 32
# The answers to a request without permission: of uhttpd, and of ubus.
DENIED = -32002
PERMISSION_DENIED = [6]

# The methods for read-only accounts; all others change something or reveal a file.
READABLE = {
    DAEMON: {"history", "status"},
    KEY_STORE: set(),
    "uci": {"changes", "get"},
    "file": {"list", "lstat", "stat"},
    "session": {"access", "login"},
}
# Arguments for all other methods together.
ARGUMENTS = {
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
    "objects": [[KEY_STORE, "*"]],
}
FILES = (
    f"{KEYS}/mine",
    f"/etc/board.json/../..{KEYS}/mine",
    "/etc/pywg/../pywg//keys/mine",
    "/etc/config/network",
    "/etc/shadow",
    f"/proc/self/root{KEYS}/mine",
)
# The permitted requests with the most information.
INFORMATIVE: tuple[tuple[str, str, dict[str, object]], ...] = (
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
# The CGI programs of LuCI that transfer files, with their parameters.
PROGRAMS = (
    ("cgi-download", {"path": f"{KEYS}/mine"}),
    ("cgi-download", {"path": "/etc/config/network"}),
    ("cgi-exec", {"command": f"/bin/cat {KEYS}/mine"}),
    ("cgi-upload", {"filename": f"{KEYS}/mine", "filedata": "mine"}),
)
BACKUP = ("cgi-backup", {"backup": "1"})

# Records all responses that the pages receive.
RECORD = """window.responses = [];
const send = XMLHttpRequest.prototype.send;
XMLHttpRequest.prototype.send = function(...body) {
    this.addEventListener('load', () => responses.push(this.responseText));
    return send.apply(this, body);
};"""
RECORDED = "responses.join()"
CALL = """([session, object, method, parameters]) => fetch('/ubus/', { method: 'POST',
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
    """Return linked homes; the first one's secrets are outside of the configuration."""
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
    """Return the secrets of a home."""
    return set(home.router.run(f"cat {KEYS}/mine; echo; cat {KEYS}/shared").split())


def methods(home: Home, path: str) -> list[str]:
    """Return the methods of an object on the router's ubus."""
    listed = home.router.run(f"ubus -v list {path}")
    found = re.findall(r'^\t"(\w+)":', listed, re.MULTILINE)
    assert found
    return found


def call(
    luci: Luci, path: str, method: str, arguments: object, session: str = ""
) -> Any:
    """Call a ubus method from the page, by default with its session."""
    return luci.page.evaluate(CALL, [session, path, method, arguments])


def is_refused(answer: Any) -> bool:
    code = answer.get("error", {}).get("code")
    return bool(code == DENIED or answer.get("result") == PERMISSION_DENIED)


def is_denied(luci: Luci, program: str, fields: dict[str, str]) -> bool:
    """Return whether a request is denied: by status or, for an upload, by text."""
    status, text = luci.page.evaluate(POST, [program, fields])
    return bool(status == 403 or "denied" in text)


def checksums(home: Home) -> str:
    """Return the checksums of all files on the router, with pending changes."""
    return home.router.run(
        "find /etc /tmp/.uci /var/run/rpcd -type f ! -name '*.stamp' 2>/dev/null |"
        " sort | xargs md5sum"
    )


@pytest.mark.parametrize("user", [GUEST, VISITOR])
def test_read_only_account_sees_the_status_and_no_secrets(
    linked: Homes, window: Window, user: str
) -> None:
    first, _ = linked
    with window(first, user=user) as luci:
        luci.page.add_init_script(RECORD)
        luci.open("status/pywg")
        luci.page.locator(".pywg-state", has_text="Connected").wait_for()
        for label in ("New handshake", "Disable…"):
            assert luci.page.get_by_role("button", name=label).first.is_disabled()
        text = luci.page.evaluate(RECORDED)
        luci.picture(user)
        luci.open("network/pywg")
        luci.page.get_by_text("read-only access").wait_for()
        text += luci.page.evaluate(RECORDED)
        text += str([call(luci, *request) for request in INFORMATIVE])
    # The names of both keys are visible.
    assert "kept:mine" in text and "kept:shared" in text
    assert not [secret for secret in secrets(first) if secret in text]


@pytest.mark.parametrize("user", [GUEST, VISITOR])
def test_other_requests_are_denied_for_a_read_only_account(
    linked: Homes, window: Window, user: str
) -> None:
    first, _ = linked
    tries = [
        (path, method, ARGUMENTS)
        for path, readable in READABLE.items()
        for method in methods(first, path)
        if method not in readable
    ]
    tries += [("file", "read", {"path": path}) for path in FILES]
    with window(first, user=user) as luci:
        luci.open("status/pywg")
        before, pid = checksums(first), first.router.pid(NAME)
        granted = [request for request in tries if not is_refused(call(luci, *request))]
        assert granted == []
        programs = PROGRAMS + ((BACKUP,) if user == VISITOR else ())
        started = [request for request in programs if not is_denied(luci, *request)]
        assert started == []
        assert checksums(first) == before
        assert first.router.pid(NAME) == pid


def test_all_requests_are_denied_without_a_session(
    linked: Homes, window: Window
) -> None:
    first, _ = linked
    with window(first) as luci:
        luci.open("status/pywg")
        granted = [
            (path, method)
            for path in READABLE
            for method in methods(first, path)
            if path != "session"
            and not is_refused(call(luci, path, method, ARGUMENTS, NO_SESSION))
        ]
        # The same request with a session.
        revealed = call(luci, KEY_STORE, "reveal", {"secret": "kept:mine"})
    assert revealed["result"] == [0, {"key": first.private_key}]
    assert granted == []
