"""Run and connect two routers from an OpenWrt image: ``python -m qemu.openwrt IMAGE``.

``machines`` (the virtual machines), ``console`` (a shell on a serial line),
``package_managers`` (opkg and apk), ``router`` (the commands typed on a console).
"""
