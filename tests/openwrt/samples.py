"""Keys, and configuration text around them."""

from pywg_embedded.control.keys import to_base64
from pywg_embedded.openwrt.uci import parse
from pywg_embedded.openwrt.uci_network import Complaint, InterfaceConfig, read_interface


def key(number: int) -> bytes:
    return bytes((number,)) * 32


def key_text(number: int) -> str:
    return to_base64(key(number))


def interface_text(*options: str, protocol: str = "pywg") -> str:
    """``config interface 'wg0'`` with these lines and a private key."""
    lines = [f"option proto '{protocol}'", f"option private_key '{key_text(99)}'"]
    return "config interface 'wg0'\n" + "".join(f"\t{o}\n" for o in [*lines, *options])


def peer_text(number: int, *options: str, name: str = "", type_: str = "pywg") -> str:
    """The section of the peer ``key(number)`` with these lines."""
    lines = [f"option public_key '{key_text(number)}'", *options]
    return f"config {type_}_wg0 '{name}'\n" + "".join(f"\t{o}\n" for o in lines)


def read_text(*parts: str) -> tuple[InterfaceConfig, list[Complaint]]:
    """What the parts, in one file, say of wg0."""
    return read_interface(parse("".join(parts)), "wg0")


def read_well(*parts: str) -> InterfaceConfig:
    """The same, of text that there is nothing to say against."""
    interface, complaints = read_text(*parts)
    assert [str(complaint) for complaint in complaints] == []
    return interface
