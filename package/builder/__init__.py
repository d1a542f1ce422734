"""Cross compile and package for a router, with no more than PyPI and Debian bring.

``targets`` (what can be built for), ``zig`` (the compiler), ``sodium`` (what libpywg
is linked to), ``library`` (libpywg itself), ``contents`` (what the packages hold),
``archive`` and ``ipk`` (their format), ``feed`` (a folder to install from).
"""
