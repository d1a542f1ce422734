#!/bin/sh
# Test an installed package: test.sh NAME VERSION.
set -eu

# The ABI version may follow the name.
case "$1" in
libpywg-sodium*) cipher=libsodium ;;
libpywg-openssl*) cipher=libcrypto ;;
*) exit 0 ;;
esac

# ldd fails if a symbol is missing.
needed=$(ldd /usr/lib/libpywg.so.0)
echo "$needed" | grep -F "$cipher.so"
