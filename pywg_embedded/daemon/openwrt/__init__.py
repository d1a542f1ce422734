"""The daemon on OpenWrt: UCI configuration, ubus object, netifd and restarts."""
