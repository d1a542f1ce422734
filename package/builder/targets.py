"""What can be built for: one row an architecture, under the name its packages bear."""

from typing import NamedTuple


class Target(NamedTuple):
    """An architecture; ``libsodium_soname`` is the name its libsodium is loaded by."""

    name: str
    # As zig names machine and libc, and then the processor.
    zig_target: str
    zig_cpu: str
    # QEMU's name of the machine.
    qemu: str
    libsodium_soname: str

    def soname(self, aead: str) -> str:
        """The name that the library with this cipher is loaded by."""
        return {"openssl": "libcrypto.so.3", "sodium": self.libsodium_soname}[aead]


_OPENWRT = "libsodium.so.26"
_DEBIAN = "libsodium.so.23"
_ARM = "arm-linux-musleabihf"
_AARCH64 = "aarch64-linux-musl"
# MIPS without a floating-point unit: the ABI is soft-float.
_MIPS = "mips32r2+soft_float"

TARGETS = {
    row[0]: Target(*row)
    for row in (
        ("aarch64_cortex-a53", _AARCH64, "cortex_a53", "aarch64", _OPENWRT),
        ("aarch64_cortex-a72", _AARCH64, "cortex_a72", "aarch64", _OPENWRT),
        ("aarch64_generic", _AARCH64, "generic", "aarch64", _OPENWRT),
        ("arm_cortex-a15_neon-vfpv4", _ARM, "cortex_a15", "arm", _OPENWRT),
        ("mips_24kc", "mips-linux-musleabi", _MIPS, "mips", _OPENWRT),
        ("mipsel_24kc", "mipsel-linux-musleabi", _MIPS, "mipsel", _OPENWRT),
        ("x86_64", "x86_64-linux-musl", "x86_64", "x86_64", _OPENWRT),
        # The C library's version is that of Debian 12.
        ("debian_amd64", "x86_64-linux-gnu.2.36", "x86_64", "x86_64", _DEBIAN),
        ("debian_arm64", "aarch64-linux-gnu.2.36", "generic", "aarch64", _DEBIAN),
        ("debian_armhf", "arm-linux-gnueabihf.2.36", "generic+v7a", "arm", _DEBIAN),
    )
}
