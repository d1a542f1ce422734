#!/bin/sh
# Whether an installed package answers: test.sh NAME VERSION.

case "$1" in
pywg-embedded)
	pywgd --version | grep -F "pywgd $2" >/dev/null && pywg genkey | pywg pubkey
	;;
esac
