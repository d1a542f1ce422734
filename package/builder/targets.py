"""The targets: one row per architecture, by the name of its packages."""

from typing import NamedTuple


class Target(NamedTuple):
    """An architecture: target and CPU for zig, QEMU's name, libsodium's soname."""

    name: str
    zig_target: str
    zig_cpu: str
    qemu: str
    libsodium_soname: str

    def soname(self, aead: str) -> str:
        """Return the soname of the library with this AEAD ("openssl" or "sodium")."""
        return {"openssl": "libcrypto.so.3", "sodium": self.libsodium_soname}[aead]


_OPENWRT = "libsodium.so.26"
_DEBIAN = "libsodium.so.23"
_ARM = "arm-linux-musleabihf"
_AARCH64 = "aarch64-linux-musl"
# These MIPS processors have no FPU: the ABI is soft-float.
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
        # With the glibc version of Debian 12; for tests in QEMU.
        ("debian_amd64", "x86_64-linux-gnu.2.36", "x86_64", "x86_64", _DEBIAN),
        ("debian_arm64", "aarch64-linux-gnu.2.36", "generic", "aarch64", _DEBIAN),
        ("debian_armhf", "arm-linux-gnueabihf.2.36", "generic+v7a", "arm", _DEBIAN),
    )
}
