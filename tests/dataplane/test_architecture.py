"""Constants that differ between machines."""

import importlib.util
import os
import sys
from types import ModuleType

import pytest

from pywg_embedded import dataplane

ARCHITECTURE = f"{dataplane.__name__}.architecture"
OF_MOST = 0x400454CA, 0x800454D2
SWAPPED = 0x800454CA, 0x400454D2

# machine, SO_SNDBUFFORCE, TUNSETIFF and TUNGETIFF
MACHINES = (
    ("x86_64", 32, OF_MOST),
    ("aarch64", 32, OF_MOST),
    ("armv7l", 32, OF_MOST),
    ("riscv64", 32, OF_MOST),
    ("mips", 31, SWAPPED),
    ("mips64", 31, SWAPPED),
    ("ppc", 32, SWAPPED),
)


def fresh(name: str) -> ModuleType:
    """Return the module as imported on another machine."""
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "row", range(len(MACHINES)), ids=[str(row[0]) for row in MACHINES]
)
def test_constants_match_the_machine(row: int, monkeypatch: pytest.MonkeyPatch) -> None:
    machine, send_buffer, ioctls = MACHINES[row]
    there = os.uname_result(("Linux", "router", "6.6", "1", machine))
    monkeypatch.setattr(os, "uname", lambda: there)
    monkeypatch.setitem(sys.modules, ARCHITECTURE, fresh(ARCHITECTURE))
    udp = fresh(f"{dataplane.__name__}.reference.udp")
    tun = fresh(f"{dataplane.__name__}.tun")
    found = tun._TUNSETIFF, tun._TUNGETIFF
    assert found == ioctls
    found = udp._SO_SNDBUFFORCE, udp._SO_RCVBUFFORCE
    assert found == (send_buffer, 33)
