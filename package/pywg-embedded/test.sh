#!/bin/sh
# Whether an installed package answers: test.sh NAME VERSION.
set -eu

[ "$1" = pywg-embedded ] || exit 0

pywg --version | grep -Fx "pywg $2"
pywgd --version | grep -Fx "pywgd $2"

# libsodium, through PyNaCl, and libpywg.
pywg genkey | pywg pubkey
pywg limits
