"""Recognition of images, boot and feed, tested without an OpenWrt image."""

import re
import urllib.request
from pathlib import Path

import pytest

from qemu import image
from qemu.architectures import ARM64, ARMHF, Architecture
from qemu.openwrt import machines
from qemu.openwrt.package_managers import MANAGERS

# The last message of a kernel without an initial file system.
NO_ROOT = re.compile(rb"Unable to mount root fs")


@pytest.mark.parametrize(
    ("architecture", "packages"),
    [(ARM64, "aarch64_generic"), (ARMHF, "arm_cortex-a15_neon-vfpv4")],
    ids=["arm64", "armhf"],
)
def test_architecture_is_recognized_and_kernel_boots(
    architecture: Architecture, packages: str, tmp_path: Path
) -> None:
    kernel = image.base(architecture).kernel
    assert machines.recognize(kernel) == (architecture, packages)
    with machines.machine(architecture, kernel, tmp_path, vm_id=1) as console:
        assert console.wait_for(NO_ROOT, seconds=300)


def test_feed_serves_index_signature_and_key() -> None:
    with machines.our_feed(MANAGERS["opkg"], "aarch64_generic") as (key, port):
        for name in ("Packages.gz", "Packages.sig", key):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/{name}") as answer:
                assert answer.read()


@pytest.mark.parametrize(
    "content", [b"", b"\x1f\x8b\x08" + bytes(100)], ids=["empty", "gzip"]
)
def test_file_is_refused_when_it_is_not_an_image(
    content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "openwrt-ext4-combined.img.gz"
    path.write_bytes(content)
    with pytest.raises(machines.UnknownImage, match=r"combined\.img\.gz is not a"):
        machines.recognize(path)
