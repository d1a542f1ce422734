"""OpenWrt: UCI configuration, messages for netifd, and the ubus client."""
