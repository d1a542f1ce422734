"""ARM machines under QEMU: build one, boot it, run the checks inside.

On the host: ``tools`` (programs needed), ``packages`` (Debian arm64, unpacked, not
installed), ``image`` (what the machine starts from), ``machine`` (boot and listen).
Inside the machine: ``guest``. Both sides: ``report``. All of it: ``python -m qemu``.
"""
