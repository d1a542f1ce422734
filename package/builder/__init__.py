"""Cross compile and package for a router, with no more than PyPI and Debian bring.

``targets`` (what can be built for), ``toolchain`` (the compiler), ``link_stubs`` (what
libpywg is linked to), ``static_libsodium`` (what its tests are), ``libpywg`` (itself),
``packages`` (what they hold), ``lmo`` (translations, as LuCI reads them), ``archive``
and ``ipk`` (opkg's format), ``opkg_feed`` (a folder that it takes), ``apk`` (the same
for apk).
"""
