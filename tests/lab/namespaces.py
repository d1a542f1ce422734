"""Namespaces for a single program, for root and for an ordinary user."""

import os


def unshare(*namespaces: str) -> tuple[str, ...]:
    """Return the unshare(1) command for ``namespaces``, such as ``--net``.

    An ordinary user needs a user namespace to create the others. Root does not, and
    must not ask for one: the kernel refuses it in a chroot, and many containers and
    distributions disable user namespaces.
    """
    mapping = ("--map-root-user",) if os.geteuid() else ()
    return ("unshare", *mapping, *namespaces)
