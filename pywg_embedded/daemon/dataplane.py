"""The choice of the data plane: libpywg, or the reference plane in Python."""

from .. import install_hints
from ..core.errors import Error
from ..dataplane import tun as tuntap
from ..dataplane.limits import Limits
from . import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from ..dataplane import native, reference

    Plane = native.Plane | reference.Plane

PYTHON, LIBPYWG = "python", "libpywg"
NAMES = (LIBPYWG, PYTHON)
THREADS = ("1", "2")
# The bits of dataplane/libpywg/include/pywg.h.
OFFLOADS = {"tso": 1, "uso": 2, "gso": 4, "gro": 8}


def offload_bits(names: "Collection[str]") -> int:
    """Return the sum of the bits of these offloads; other names have none."""
    return sum(bit for name, bit in OFFLOADS.items() if name in names)


def uses_vnet_header(name: str) -> bool:
    """Return whether a data plane reads the TUN device with a virtio-net header."""
    return name == LIBPYWG


def open_plane(
    name: str, tun: tuntap.Tun, limits: Limits, offloads: int, threads: int
) -> "Plane":
    """Open the data plane called ``name`` on a TUN device; import no other one.

    Raises:
        Error: libpywg cannot be loaded or initialised.
    """
    if name == PYTHON:
        from ..dataplane import reference

        return reference.Plane(tun.descriptor, limits, clock.boottime)
    try:
        from ..dataplane import native
    except (ImportError, OSError) as error:
        raise Error(
            f"{install_hints.explain_libpywg_error(error)}, or use the slower data "
            "plane: --dataplane python"
        ) from error
    return native.Plane(tun.descriptor, limits, offloads, threads)
