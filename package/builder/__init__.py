"""Cross compile and package for a router, with no more than PyPI and Debian bring.

``targets`` (what can be built for), ``zig`` (the compiler), ``names`` (what libpywg is
linked to), ``sodium`` (what its tests are), ``library`` (libpywg itself), ``contents``
(what the packages hold), ``lmo`` (translations, as LuCI reads them), ``archive`` and
``ipk`` (opkg's format), ``feed`` (a folder that it takes), ``apk`` (the same for apk).
"""
