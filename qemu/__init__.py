"""ARM machines under QEMU: build them, boot them, run the checks inside.

On the host: ``tools`` (programs needed), ``architectures``, ``packages`` (Debian's,
unpacked, not installed), ``image`` (what a machine starts from), ``emulator`` (how).
Then either ``machine``: one that makes all checks by itself; or ``home``, ``homes``
and ``steps``: two that are told what to do. Inside the machines: ``guest``. Both
sides: ``report``. All of it: ``python -m qemu``.

With an image of OpenWrt's own: ``openwrt``.
"""
