"""Build and boot ARM virtual machines under QEMU, and run checks inside them.

On the host: ``tools`` (required programs), ``architectures``, ``packages`` (Debian
packages, unpacked without installing), ``image`` (kernel and initial file system),
``emulator`` (the QEMU command line). ``check_vm`` boots one machine that runs all
checks by itself. ``router_vm``, ``two_sites`` and ``steps`` control two routers that
are connected site to site. ``guest`` runs inside the machines; ``report`` is used on
both sides. ``python -m qemu`` runs everything. ``openwrt`` does the same with an
OpenWrt image.
"""
