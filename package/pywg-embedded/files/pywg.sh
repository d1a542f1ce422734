#!/bin/sh
# Handler of the netifd protocol "pywg": starts, reloads and stops the daemon, which
# configures the interface.
# shellcheck shell=dash disable=SC1091

STATE=/var/run/pywg
NOT_FOUND=4

[ -n "$INCLUDE_ONLY" ] || {
	. /lib/functions.sh
	. ../netifd-proto.sh
	init_proto "$@"
}

proto_pywg_init_config() {
	# The daemon reads these options itself. netifd restarts it when one changes.
	proto_config_add_string "private_key"
	proto_config_add_int "listen_port"
	proto_config_add_array "addresses"
	proto_config_add_int "mtu"
	proto_config_add_string "fwmark"
	proto_config_add_array "ip6prefix"
	proto_config_add_boolean "nohostroute"
	proto_config_add_string "tunlink"
	proto_config_add_int "max_peers"
	proto_config_add_int "max_allowed_ips"
	proto_config_add_int "threads"
	proto_config_add_array "offloads"
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
	# The daemon removes this file once it is loaded. If the file still exists, the last
	# start failed; wait, or netifd would restart it without a pause.
	if reason=$(cat "$starting" 2>/dev/null); then
		rm -f "$starting"
		reason="${reason:-pywgd does not start; install python3-light}"
		proto_notify_error "$interface" START "$reason"
		proto_run_command "$interface" sleep 60
	else
		mkdir -p "$STATE" && : >"$starting"
		proto_export "PYWG_STARTING=$starting"
		proto_run_command "$interface" pywgd --foreground --netifd "$interface"
	fi
}

proto_pywg_renew() {
	local error
	# netifd also renews an interface that it restarts. A daemon without an object is
	# still starting, and reads the configuration after it has added the object.
	error=$(ubus call "pywg.$1" reload 2>&1 >/dev/null) ||
		[ $? = $NOT_FOUND ] || echo "$error" >&2
}

proto_pywg_teardown() {
	# ERROR is set if the daemon exited by itself.
	[ -n "$ERROR" ] || rm -f "$STATE/$1.starting"
	proto_kill_command "$1"
}

[ -n "$INCLUDE_ONLY" ] || {
	add_protocol pywg
}
