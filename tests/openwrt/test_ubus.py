"""The ubus client, with a recording of ubusd and with the ubusd of the lab."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pywg_embedded.openwrt import blobmsg
from pywg_embedded.openwrt.ubus import Method, UbusClient
from pywg_embedded.openwrt.ubus_messages import UbusError
from tests.lab import ubusd as kinds
from tests.lab.ubusd import Ubusd, path_for
from tests.lab.wait import becomes

# Between `ubus call network add_host_route` and the ubusd of OpenWrt (August 2026).
GREETING = "00000000f229c29800000004"
LOOKUP = "0004000100000000000000100200000c6e6574776f726b00"
FOUND = (
    "0002000100000000000000180200000c6e6574776f726b000300000853ee77eb"
    "0001000100000000 0000000c0100000800000000"
)
INVOKE = (
    "0005000253ee77eb000000500300000853ee77eb040000136164645f686f73745f726f75746500"
    "00070000308300001a0006746172676574000000003139322e302e322e31000000"
    "8700000d000276360000000000000000"
)
ANSWER = (
    "0002000253ee77eb000000240300000853ee77eb07000018830000140009696e74657266616365"
    "0077616e000001000253ee77eb0000001401000008000000000300000853ee77eb"
)

HEADER_SIZE, OBJECT_ID = 8, bytes.fromhex("53ee77eb")
# The attribute of a status message: not found.
FAILED = bytes.fromhex("0100000800000004")


@pytest.fixture
def ubusd(tmp_path: Path) -> Iterator[Ubusd]:
    with Ubusd(path_for(tmp_path)) as ubusd:
        ubusd.objects["network"] = lambda method, arguments: (
            {"asked": method, **arguments} if method != "nothing" else None
        )
        ubusd.objects["endless"] = lambda method, arguments: nested(100)
        yield ubusd


def nested(depth: int) -> dict[str, object]:
    return {"a": nested(depth - 1)} if depth else {}


@pytest.fixture
def ubus(ubusd: Ubusd) -> Iterator[UbusClient]:
    ubus = UbusClient([str(ubusd.path)])
    yield ubus
    ubus.close()


def offer(ubus: UbusClient, methods: dict[str, Method]) -> None:
    errors: list[UbusError | None] = []
    ubus.add_object("pywg.wg0", methods, errors.append)
    ubus.wait()
    assert errors == [None]


def test_messages_equal_those_of_the_recording(tmp_path: Path) -> None:
    path = str(path_for(tmp_path))
    received = []

    def replay(listener: socket.socket) -> None:
        with listener.accept()[0] as client:
            client.sendall(bytes.fromhex(GREETING))
            for message in (FOUND, ANSWER):
                received.append(client.recv(4096).hex())
                client.sendall(bytes.fromhex(message))

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        thread = threading.Thread(target=replay, args=(listener,))
        thread.start()
        ubus = UbusClient([path])
        arguments = {"target": "192.0.2.1", "v6": False}
        answer = ubus.call("network", "add_host_route", arguments)
        thread.join()
        ubus.close()
    assert answer == {"interface": "wan"}
    assert received == [LOOKUP, INVOKE]


def with_foreign_serial(message: bytes) -> bytes:
    return message[:2] + b"\x77\x77" + message[4:]


def test_answers_to_other_serials_are_ignored(tmp_path: Path) -> None:
    path = str(path_for(tmp_path))

    def replay(listener: socket.socket) -> None:
        with listener.accept()[0] as client:
            client.sendall(bytes.fromhex(GREETING))
            for text in (FOUND, ANSWER):
                client.recv(4096)
                answer = bytes.fromhex(text)
                size = HEADER_SIZE + int.from_bytes(answer[8:12], "big")
                data, status = answer[:size], answer[size:]
                stray = data.replace(b"wan", b"lan").replace(OBJECT_ID, b"\1\2\3\4")
                failure = status.replace(b"\1\0\0\x08" + bytes(4), FAILED)
                assert failure != status and stray != data
                client.sendall(with_foreign_serial(failure) + data)
                client.sendall(with_foreign_serial(stray) + status)

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        thread = threading.Thread(target=replay, args=(listener,))
        thread.start()
        with contextlib.closing(UbusClient([path])) as ubus:
            answer = ubus.call("network", "add_host_route", {})
        thread.join()
    assert answer == {"interface": "wan"}


def test_call_returns_the_answer_of_the_method(ubus: UbusClient) -> None:
    answer = ubus.call("network", "dump", {"a": [1, "b"]})
    assert answer == {"asked": "dump", "a": [1, "b"]}


FAILURES = (
    ("nowhere", "dump", "ubus: nowhere: not found", 4),
    ("network", "nothing", "ubus: network nothing: invalid argument", 2),
    ("endless", "dump", "ubus: endless dump: more than 32 nested tables", 9),
)


@pytest.mark.parametrize(
    "path, method, text, status",
    FAILURES,
    ids=["unknown-object", "refused-arguments", "malformed-answer"],
)
def test_failed_call_names_object_method_and_reason(
    ubus: UbusClient, path: str, method: str, text: str, status: int
) -> None:
    with pytest.raises(UbusError, match=text) as caught:
        ubus.call(path, method, {})
    assert caught.value.status == status


def test_undeclared_arguments_are_ignored(ubusd: Ubusd, ubus: UbusClient) -> None:
    """uhttpd adds its session to every call that a browser makes."""
    offer(ubus, {"status": Method(lambda: {"up": True})})
    assert _answers(
        ubusd,
        ubus,
        ("status", {}),
        ("status", {"ubus_rpc_session": "1234"}),
        ("nothing", {}),
        ("\udcff", {}),
    ) == [(0, {"up": True}), (0, {"up": True}), (3, {}), (3, {})]


def test_handler_gets_the_declared_arguments(ubusd: Ubusd, ubus: UbusClient) -> None:
    def act(first: str, second: str) -> dict[str, object]:
        if first == "refused":
            raise UbusError("no such thing", 4)
        return {"first": first, "second": second}

    offer(ubus, {"act": Method(act, "first", "second")})
    # 3 is the type of a string.
    signature = blobmsg.unpack_table(ubusd.signatures["pywg.wg0"])
    assert signature == {"act": {"first": 3, "second": 3}}
    assert _answers(
        ubusd,
        ubus,
        ("act", {}),
        ("act", {"second": "b", "ubus_rpc_session": "1234"}),
        ("act", {"first": 1}),
        ("act", {"first": None}),
        ("act", nested(100)),
        ("act", {"first": "refused"}),
    ) == [
        (0, {"first": "", "second": ""}),
        (0, {"first": "", "second": "b"}),
        (2, {}),
        (2, {}),
        (2, {}),
        (4, {}),
    ]


def test_call_fails_when_the_answer_is_too_long(ubusd: Ubusd, ubus: UbusClient) -> None:
    def answer(size: str) -> dict[str, object]:
        return {"all": "x" * int(size)}

    offer(ubus, {"status": Method(answer, "size")})
    largest = (1 << 20) - 40
    longest, too_long, short = _answers(
        ubusd,
        ubus,
        ("status", {"size": str(largest)}),
        ("status", {"size": str(largest + 100)}),
        ("status", {"size": "1"}),
    )
    assert longest == (0, {"all": "x" * largest})
    assert (too_long, short) == ((11, {}), (0, {"all": "x"}))


def test_call_is_answered_while_another_one_is_pending(
    ubusd: Ubusd, ubus: UbusClient
) -> None:
    def crossing(method: str, arguments: object) -> dict[str, object]:
        caller.start()
        assert becomes(lambda: caller.is_alive())
        return {}

    answers: list[object] = []
    caller = threading.Thread(
        target=lambda: answers.append(ubusd.call("pywg.wg0", "status", {}))
    )
    ubusd.objects["slow"] = crossing
    offer(ubus, {"status": Method(lambda: {"up": True})})
    assert ubus.call("slow", "x", {}) == {}
    _serve_until(ubus, caller)
    assert answers == [(0, {"up": True})]


def _answers(
    ubusd: Ubusd, ubus: UbusClient, *calls: tuple[str, dict[str, object]]
) -> list[object]:
    answers: list[object] = []

    def call_all() -> None:
        for method, arguments in calls:
            answers.append(ubusd.call("pywg.wg0", method, arguments))

    caller = threading.Thread(target=call_all)
    caller.start()
    _serve_until(ubus, caller)
    return answers


def _serve_until(ubus: UbusClient, thread: threading.Thread) -> None:
    def ended() -> bool:
        ubus.serve()
        return not thread.is_alive()

    assert becomes(ended)


def test_event_is_sent(ubusd: Ubusd, ubus: UbusClient) -> None:
    ubus.send_event("pywg", {"action": "up"})
    assert becomes(lambda: ubusd.events == [("pywg", {"action": "up"})])


def test_call_raises_oserror_when_the_connection_is_lost(tmp_path: Path) -> None:
    with Ubusd(path_for(tmp_path)) as ubusd:
        ubus = UbusClient([str(ubusd.path)])
        ubus.wait()
    with pytest.raises(OSError):
        ubus.call("network", "dump", {})
    ubus.close()


def test_connecting_raises_oserror_when_ubusd_is_not_running(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="ubusd is not running"):
        UbusClient([str(tmp_path / "nothing")])


# Time limits, with a clock that only the test advances.


class Late:
    """A client, its clock in seconds, and the errors of its calls."""

    def __init__(self, ubusd: Ubusd, greeted: bool = True) -> None:
        self.now = 1_000.0
        self.ubusd = ubusd
        self.client = UbusClient([str(ubusd.path)], lambda: self.now)
        self.errors: list[str] = []
        if greeted:
            self.client.wait()

    def call(self) -> None:
        self.client.request(
            "network", "dump", {}, lambda _, error: self.errors.append(str(error))
        )

    def is_received(self, kind: int) -> bool:
        def received() -> bool:
            self.client.serve()
            return kind in self.ubusd.waiting

        return becomes(received)


def test_connection_is_given_up_when_ubusd_does_not_greet(ubusd: Ubusd) -> None:
    ubusd.hold(kinds.HELLO)
    late = Late(ubusd, greeted=False)
    late.now += 2.9
    late.client.expire()
    late.now += 0.2
    with pytest.raises(OSError, match="ubusd does not answer"):
        late.client.expire()
    late.client.close()


# What is not answered, and whether ubusd itself owes the answer.
UNANSWERED = (
    pytest.param(kinds.LOOKUP, "ubus: network: timeout", True, id="ubusd"),
    pytest.param(kinds.INVOKE, "ubus: network dump: timeout", False, id="object"),
)


@pytest.mark.parametrize("kind, text, by_ubusd", UNANSWERED)
def test_call_fails_when_it_is_not_answered_in_time(
    ubusd: Ubusd, kind: int, text: str, by_ubusd: bool
) -> None:
    late = Late(ubusd)
    ubusd.hold(kind)
    late.call()
    assert late.is_received(kind)
    late.now += 2.9
    late.client.expire()
    assert late.errors == []
    late.now += 0.2
    if by_ubusd:
        with pytest.raises(OSError, match="ubusd does not answer"):
            late.client.expire()
    else:
        late.client.expire()
    assert late.errors == [text]
    # The late answer belongs to no call.
    ubusd.release()
    late.call()
    late.client.wait()
    assert late.errors == [text, "None"]
    late.client.close()


def test_calls_are_limited_when_they_are_not_answered(ubusd: Ubusd) -> None:
    late = Late(ubusd)
    ubusd.hold(kinds.LOOKUP)
    for _ in range(16):
        late.call()
    with pytest.raises(UbusError, match=r"too many calls \(limit 16\)"):
        late.call()
    late.client.close()
    assert late.errors == 16 * ["ubus: network: connection closed"]


def test_connection_is_given_up_when_ubusd_does_not_read(ubusd: Ubusd) -> None:
    late = Late(ubusd)
    ubusd.hold(kinds.READING)
    late.call()  # the message that is still read
    while not late.client.wants_to_write():
        late.client.send_event("pywg", {"text": 1_000 * "x"})
    late.now += 2.9
    late.client.serve()
    late.client.expire()
    late.client.send_event("pywg", {})
    late.now += 0.2
    with pytest.raises(OSError, match="ubusd does not"):
        late.client.expire()
    with pytest.raises(OSError, match="ubusd does not read"):
        for _ in range(1_000):
            late.client.send_event("pywg", {"text": 1_000 * "x"})
    assert len(late.client._unsent) < 300_000
    late.client.close()


# Messages that no ubusd sends, after the greeting.
MALFORMED = (
    pytest.param("0001000100000000ffffffff", id="size"),
    pytest.param("000100010000000000000003", id="size-too-small"),
    pytest.param("00010001000000000000000601000008", id="truncated-attribute"),
    pytest.param("000100010000000000000004", id="status-without-a-number"),
    pytest.param("0001000100000000000000080100000400", id="status-too-short"),
    pytest.param("000500010000000000000004", id="call-without-an-object"),
)


@pytest.mark.parametrize("message", MALFORMED)
def test_connection_is_given_up_when_a_message_is_malformed(
    tmp_path: Path, message: str
) -> None:
    path = str(path_for(tmp_path))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        ubus = UbusClient([path])
        with listener.accept()[0] as ubusd:
            ubusd.sendall(bytes.fromhex(GREETING))
            ubus.wait()
            errors: list[object] = []
            ubus.request("network", "dump", {}, lambda *answer: errors.append(answer))
            ubusd.sendall(bytes.fromhex(message))
            with pytest.raises(OSError, match="malformed message from ubusd"):
                ubus.serve()
            ubus.close()
    assert len(errors) == 1


def test_answers_are_of_bounded_work_when_calls_flood_the_client(
    ubusd: Ubusd, ubus: UbusClient
) -> None:
    answered: list[int] = []

    def status() -> dict[str, object]:
        answered.append(1)
        return {}

    offer(ubus, {"status": Method(status)})
    for _ in range(100):
        ubusd.send_call("pywg.wg0", "status")
    counts: list[int] = []
    while sum(counts) < 100:
        before = len(answered)
        ubus.serve()
        counts.append(len(answered) - before)
    assert max(counts) <= 8
