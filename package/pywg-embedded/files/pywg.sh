#!/bin/sh
# The protocol "pywg" of netifd: starts, renews and ends the daemon, which does the rest.
# shellcheck shell=dash disable=SC1091

STATE=/var/run/pywg

[ -n "$INCLUDE_ONLY" ] || {
	. /lib/functions.sh
	. ../netifd-proto.sh
	init_proto "$@"
}

proto_pywg_init_config() {
	# What the daemon reads by itself; named here, netifd starts it anew on a change.
	proto_config_add_string "private_key"
	proto_config_add_int "listen_port"
	proto_config_add_array "addresses"
	proto_config_add_int "mtu"
	proto_config_add_string "fwmark"
	proto_config_add_array "ip6prefix"
	proto_config_add_boolean "nohostroute"
	proto_config_add_string "tunlink"
	# shellcheck disable=SC2034 # init_proto reads them
	available=1 no_device=1 renew_handler=1
}

proto_pywg_setup() {
	local interface="$1" starting="$STATE/$1.starting" reason

	command -v pywgd >/dev/null || {
		proto_notify_error "$interface" NO_DAEMON "pywgd is not installed"
		proto_block_restart "$interface"
		return 1
	}
	# It is there for as long as the daemon is not loaded. One that cannot be would be
	# started at once, for ever.
	if reason=$(cat "$starting" 2>/dev/null); then
		rm -f "$starting"
		reason="${reason:-pywgd does not run: install python3-light}"
		proto_notify_error "$interface" START "$reason"
		proto_run_command "$interface" sleep 60
	else
		mkdir -p "$STATE" && : >"$starting"
		proto_export "PYWG_STARTING=$starting"
		proto_run_command "$interface" pywgd --foreground --netifd "$interface"
	fi
}

proto_pywg_renew() {
	ubus call "pywg.$1" reload >/dev/null
}

proto_pywg_teardown() {
	# netifd says how the daemon ended, if that was by itself.
	[ -n "$ERROR" ] || rm -f "$STATE/$1.starting"
	proto_kill_command "$1"
}

[ -n "$INCLUDE_ONLY" ] || {
	add_protocol pywg
}
