"""Cross-compile and package for OpenWrt without its SDK.

``targets`` are the architectures, ``toolchain`` is the compiler (zig), ``link_stubs``
the crypto library that libpywg is linked to, ``static_libsodium`` the one for its test
programs, ``libpywg`` the library itself. ``packages`` lists what each package holds,
``lmo`` compiles translations for LuCI, ``archive`` makes reproducible archives. ``ipk``
and ``opkg_feed`` write the formats of opkg, ``apk`` those of apk; ``feeds`` builds all
packages of a target into a folder.
"""
