"""The daemon under OpenWrt: UCI, ubus, netifd and procd."""
