"""130,000 allowed IPs of one peer: set through the control socket, and read back."""

import ipaddress
import random
import tempfile
import time
from base64 import b64encode

from tests.lab.topology import Lab
from tests.lab.wireguard import PYWG, WireGuard

from . import uapi
from .programs import OURS, Program
from .workload import Effort

COUNT = 130_000
_KEY = bytes(range(1, 33))


def prefixes(count: int) -> list[str]:
    """As a provider's table has them: both families, many lengths, no order."""
    chance = random.Random(count)
    found: dict[str, None] = {}
    while len(found) < count:
        size, shortest, longest = chance.choice(((32, 9, 32), (128, 29, 64)))
        length = chance.randint(shortest, longest)
        bits = chance.getrandbits(length) << size - length
        address = ipaddress.ip_address(bits.to_bytes(size // 8, "big"))
        found[f"{address}/{length}"] = None
    return list(found)


def set_and_read(program: Program, effort: Effort) -> dict[str, float]:
    """Seconds of both through the bare socket; ours through `pywg` too."""
    wanted = prefixes(COUNT)
    with Lab() as lab:
        end = lab.enter_context(WireGuard(lab.host("alone"), program.with_room))
        figures = _bare(end, wanted)
        return figures | (_client(end, wanted) if program.name == OURS else {})


def _bare(end: WireGuard, wanted: list[str]) -> dict[str, float]:
    lines = "".join(f"allowed_ip={prefix}\n" for prefix in wanted)
    begin = time.monotonic()
    uapi.ask(end.name, f"set=1\npublic_key={_KEY.hex()}\n{lines}\n")
    middle = time.monotonic()
    answer = uapi.ask(end.name, "get=1\n\n")
    end_of_all = time.monotonic()
    told = [line[11:] for line in answer.splitlines() if line[:11] == "allowed_ip="]
    _expect_exactly(told, wanted)
    return {
        "allowed_ips_set": middle - begin,
        "allowed_ips_read": end_of_all - middle,
        "allowed_ips": end_of_all - begin,
    }


def _client(end: WireGuard, wanted: list[str]) -> dict[str, float]:
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        key = b64encode(_KEY).decode()
        file.write(f"[Peer]\nPublicKey = {key}\nAllowedIPs = {','.join(wanted)}\n")
        file.flush()
        begin = time.monotonic()
        end.host.run(PYWG, "setconf", end.name, file.name)
    shown = end.host.run(PYWG, "show", end.name, "allowed-ips").stdout
    spent = time.monotonic() - begin
    _expect_exactly(shown.partition("\t")[2].split(), wanted)
    return {"allowed_ips_pywg": spent}


def _expect_exactly(told: list[str], wanted: list[str]) -> None:
    if len(told) != len(wanted) or set(told) != set(wanted):
        raise RuntimeError(f"{len(told)} of {len(wanted)} allowed IPs read back")
