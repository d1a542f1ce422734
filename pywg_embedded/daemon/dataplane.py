"""The planes that can move the packets, and what each wants of the TUN."""

from .. import install_hints
from ..core.errors import Error
from ..dataplane import tun as tuntap
from ..dataplane.limits import Limits
from . import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..dataplane import native, reference

    Plane = native.Plane | reference.Plane

PYTHON, LIBPYWG = "python", "libpywg"
NAMES = (LIBPYWG, PYTHON)
LANES = ("1", "2")
# dataplane/libpywg/include/pywg.h has the same bits.
OFFLOADS = {"tso": 1, "uso": 2, "gso": 4, "gro": 8}


def uses_vnet_header(name: str) -> bool:
    """Whether the TUN may deliver large packets, with a header before each."""
    return name == LIBPYWG


def open_plane(
    name: str, tun: tuntap.Tun, limits: Limits, offloads: int, lanes: int
) -> "Plane":
    """The plane of this name over the TUN; raises Error if it cannot be had.

    Only the one that is used is loaded.
    """
    if name == PYTHON:
        from ..dataplane import reference

        return reference.Plane(tun.descriptor, limits, clock.boottime)
    try:
        from ..dataplane import native
    except (ImportError, OSError) as error:
        raise Error(
            f"{install_hints.explain_libpywg_error(error)}, or let Python move the "
            "packets, slowly: --dataplane python"
        ) from error
    return native.Plane(tun.descriptor, limits, offloads, lanes)
