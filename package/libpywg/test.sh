#!/bin/sh
# Whether an installed package answers: test.sh NAME VERSION.
set -eu

# What the binary interface is called may follow.
case "$1" in
libpywg-sodium*) cipher=libsodium ;;
libpywg-openssl*) cipher=libcrypto ;;
*) exit 0 ;;
esac

# Fails if a symbol is missing.
needed=$(ldd /usr/lib/libpywg.so.0)
echo "$needed" | grep -F "$cipher.so"
