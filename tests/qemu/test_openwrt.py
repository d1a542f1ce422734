"""What can be known without OpenWrt's image: which it is, and how it is started."""

import re
import urllib.request
from pathlib import Path

import pytest

from qemu import image
from qemu.architectures import ARM64, ARMHF, Architecture
from qemu.openwrt import machines
from qemu.openwrt.package_managers import MANAGERS

# A kernel that has no files of its own ends with these words, on its console.
LAST_WORDS = re.compile(rb"Unable to mount root fs")


@pytest.mark.parametrize(
    ("architecture", "packages"),
    [(ARM64, "aarch64_generic"), (ARMHF, "arm_cortex-a15_neon-vfpv4")],
    ids=str,
)
def test_a_kernel_tells_its_architecture_and_starts(
    architecture: Architecture, packages: str, tmp_path: Path
) -> None:
    kernel = image.base(architecture).kernel
    assert machines.recognize(kernel) == (architecture, packages)
    with machines.machine(architecture, kernel, tmp_path, number=1) as console:
        assert console.wait_for(LAST_WORDS, seconds=300)


def test_a_router_is_served_the_packages_and_the_key_that_signed_them() -> None:
    with machines.our_feed(MANAGERS["opkg"], "aarch64_generic") as (key, port):
        for name in ("Packages.gz", "Packages.sig", key):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/{name}") as answer:
                assert answer.read()


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b\x08" + bytes(100)])
def test_another_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "openwrt-ext4-combined.img.gz"
    path.write_bytes(content)
    with pytest.raises(machines.UnknownImage, match=r"combined\.img\.gz is no"):
        machines.recognize(path)
