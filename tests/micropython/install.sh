#!/bin/sh
# Unpacks MicroPython's unix port from Debian, with a libc and the libraries of its
# own, into .cache/micropython of the checkout, where run.sh starts it. libsodium and
# libcrypto are for libpywg. Neither the packages nor the apt configuration of the host
# change.
set -eu

SUITE=trixie
PACKAGES="micropython libsodium23 libssl3t64"

cache=$(cd "$(dirname "$0")/../.." && pwd)/.cache
target=$cache/micropython
[ -d "$target/root" ] && exit 0

mkdir -p "$cache"
work=$(mktemp -d "$cache/micropython.XXXXXX")
trap 'rm -rf "$work"' EXIT
# apt fetches as a user of its own.
chmod 755 "$work"

# The host lends its mirror, its keyring and its proxy settings.
# shellcheck disable=SC2016 # apt-get's own variable
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Component: main' |
	grep -m 1 -E '/debian(\.list)?/*$') || {
	echo "install.sh: no Debian mirror among the apt sources of this host" >&2
	exit 1
}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

apt=$work/apt
mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$work/root"
echo "deb [signed-by=$keyring] $mirror $SUITE main" >"$apt/sources.list"
: >"$apt/state/status"

private_apt() {
	apt-get -qq \
		-o Dir::Etc::sourcelist="$apt/sources.list" \
		-o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferencesparts=/dev/null \
		-o Dir::State="$apt/state" \
		-o Dir::State::status="$apt/state/status" \
		-o Dir::Cache="$apt/cache" \
		-o Acquire::Languages=none "$@"
}

private_apt update
# shellcheck disable=SC2086 # a list of words
private_apt install --yes --download-only --no-install-recommends $PACKAGES
for package in "$apt"/cache/archives/*.deb; do
	dpkg-deb -x "$package" "$work/root"
done
rm -rf "$apt"

rm -rf "$target"
mv "$work" "$target"
