"""Keys, and UCI text with them."""

from pywg_embedded.control.keys import to_base64
from pywg_embedded.openwrt.uci import parse
from pywg_embedded.openwrt.uci_network import Complaint, InterfaceConfig, read_interface


def key(index: int) -> bytes:
    return bytes((index,)) * 32


def key_text(index: int) -> str:
    return to_base64(key(index))


def interface_text(*options: str, protocol: str = "pywg") -> str:
    """The section of wg0 with a private key and further lines."""
    lines = [f"option proto '{protocol}'", f"option private_key '{key_text(99)}'"]
    return "config interface 'wg0'\n" + "".join(f"\t{o}\n" for o in [*lines, *options])


def peer_text(index: int, *options: str, name: str = "", type_: str = "pywg") -> str:
    """The section of the peer with the public key ``key(index)``."""
    lines = [f"option public_key '{key_text(index)}'", *options]
    return f"config {type_}_wg0 '{name}'\n" + "".join(f"\t{o}\n" for o in lines)


def read_text(*parts: str) -> tuple[InterfaceConfig, list[Complaint]]:
    """Read wg0 from the joined parts."""
    return read_interface(parse("".join(parts)), "wg0")


def read_well(*parts: str) -> InterfaceConfig:
    """Read wg0 from the joined parts, which must be without complaints."""
    interface, complaints = read_text(*parts)
    assert [str(complaint) for complaint in complaints] == []
    return interface
