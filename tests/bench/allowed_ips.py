"""Set and read 130,000 allowed IPs of one peer through the UAPI socket."""

import ipaddress
import random
import tempfile
import time
from base64 import b64encode

from tests.lab.topology import Lab
from tests.lab.wireguard import PYWG, WireGuard

from . import uapi
from .programs import OURS, Program
from .workload import Workload

COUNT = 130_000
_KEY = bytes(range(1, 33))


def prefixes(count: int) -> list[str]:
    """Return prefixes like a provider's table: both IP versions, many lengths."""
    generator = random.Random(count)
    found: dict[str, None] = {}
    while len(found) < count:
        size, shortest, longest = generator.choice(((32, 9, 32), (128, 29, 64)))
        length = generator.randint(shortest, longest)
        bits = generator.getrandbits(length) << size - length
        address = ipaddress.ip_address(bits.to_bytes(size // 8, "big"))
        found[f"{address}/{length}"] = None
    return list(found)


def set_and_read(program: Program, workload: Workload) -> dict[str, float]:
    """Return the seconds through the UAPI socket and, for pywgd, through `pywg`."""
    expected = prefixes(COUNT)
    with Lab() as lab:
        end = lab.enter_context(WireGuard(lab.host("alone"), program.with_room))
        figures = _measure_uapi(end, expected)
        return figures | (_measure_pywg(end, expected) if program.name == OURS else {})


def _measure_uapi(end: WireGuard, expected: list[str]) -> dict[str, float]:
    lines = "".join(f"allowed_ip={prefix}\n" for prefix in expected)
    start = time.monotonic()
    uapi.request(end.name, f"set=1\npublic_key={_KEY.hex()}\n{lines}\n")
    after_set = time.monotonic()
    answer = uapi.request(end.name, "get=1\n\n")
    after_read = time.monotonic()
    received = [line[11:] for line in answer.splitlines() if line[:11] == "allowed_ip="]
    _check_prefixes(received, expected)
    return {
        "allowed_ips_set": after_set - start,
        "allowed_ips_read": after_read - after_set,
        "allowed_ips": after_read - start,
    }


def _measure_pywg(end: WireGuard, expected: list[str]) -> dict[str, float]:
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        key = b64encode(_KEY).decode()
        file.write(f"[Peer]\nPublicKey = {key}\nAllowedIPs = {','.join(expected)}\n")
        file.flush()
        start = time.monotonic()
        end.host.run(PYWG, "setconf", end.name, file.name)
    shown = end.host.run(PYWG, "show", end.name, "allowed-ips").stdout
    spent = time.monotonic() - start
    _check_prefixes(shown.partition("\t")[2].split(), expected)
    return {"allowed_ips_pywg": spent}


def _check_prefixes(received: list[str], expected: list[str]) -> None:
    if len(received) != len(expected) or set(received) != set(expected):
        raise RuntimeError(f"{len(received)} of {len(expected)} allowed IPs read back")
