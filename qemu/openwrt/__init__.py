"""The same on OpenWrt's own image, for whoever has one: ``python -m qemu.openwrt``.

``machines`` (two of them), ``console`` (a shell on a serial line), ``managers`` (of
packages), ``router`` (what is typed there).
"""
