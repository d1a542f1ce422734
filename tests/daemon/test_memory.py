"""What the daemon loads: each module is memory for as long as it runs."""

import subprocess
import sys

import pytest

# What once came along uncalled, or would be easy to let in, with what it costs.
UNWANTED = (
    "_hashlib",  # 3.7 MB: OpenSSL
    "asyncio",
    "cffi",  # 4 MB with its parser of C; its backend alone is enough
    "ctypes",
    "dataclasses",
    "inspect",
    "json",
    "logging",
    "nacl.bindings",  # 1.7 MB with what it imports
    "pyroute2",
    "pywg_embedded.dataplane.reference",
    "re",  # 0.5 MB
    "ssl",
    "typing",  # 0.6 MB, and re
)
LOAD = "from pywg_embedded.dataplane import native; import "
LIST = "; import sys; print(*sys.modules)"


def loaded(program: str) -> set[str]:
    """Return the modules that are loaded when a program ends."""
    command = (sys.executable, "-c", program + LIST)
    return set(subprocess.check_output(command, text=True).split())


@pytest.mark.parametrize("parts", ["main", "main,openwrt.service,openwrt.uci_config"])
def test_no_large_module_is_loaded_when_it_is_not_used(parts: str) -> None:
    imported = ", ".join(f"pywg_embedded.daemon.{part}" for part in parts.split(","))
    # CPython 3.15 loads re for an editable installation, whatever is imported.
    modules = loaded(LOAD + imported) - loaded("pass")
    assert "pywg_embedded.dataplane.native" in modules
    assert not modules.intersection(UNWANTED)
