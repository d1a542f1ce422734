#!/bin/sh
# Test an installed package: test.sh NAME VERSION.
set -eu

[ "$1" = pywg-embedded ] || exit 0

pywg --version | grep -Fx "pywg $2"
pywgd --version | grep -Fx "pywgd $2"

# These load libsodium (through PyNaCl) and libpywg.
pywg genkey | pywg pubkey
pywg limits
