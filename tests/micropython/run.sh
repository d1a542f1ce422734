#!/bin/sh
# Starts MicroPython as install.sh unpacked it; libpywg is looked for in LIBPYWG.
root=$(cd "$(dirname "$0")/../.." && pwd)/.cache/micropython/root
libraries=$(echo "$root"/usr/lib/*-linux-gnu)
exec "$libraries"/ld-linux-*.so.* --library-path "$libraries:$LIBPYWG" \
	"$root/usr/bin/micropython" "$@"
