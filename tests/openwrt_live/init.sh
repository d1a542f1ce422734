#!/bin/sh
# The first process of a router in its namespaces: mounts file systems, starts ubusd and
# procd (as the service manager), then the enabled services in the order of a boot.
set -e
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root PYTHONDONTWRITEBYTECODE=1

mount -t proc proc /proc
# Only the settings of the network and the host name belong to the namespaces.
mount --bind /proc/sys /proc/sys
mount --bind /proc/sys/net /proc/sys/net
mount --bind /proc/sys/kernel/hostname /proc/sys/kernel/hostname
mount -o remount,ro,bind /proc/sys
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs -o mode=755 tmpfs /dev
node() {
	mknod -m 666 "/dev/$1" c "$2" "$3"
}
node null 1 3
node zero 1 5
node random 1 8
node urandom 1 9
mkdir -p /dev/net /dev/shm /tmp/run/ubus /tmp/lock /tmp/log /tmp/etc
node net/tun 10 200
ifconfig lo up
sed -n '/^net\./p' /etc/sysctl.d/*.conf | sysctl -q -e -p - || true

/sbin/ubusd &
until [ -S /var/run/ubus/ubus.sock ]; do sleep 1; done
/sbin/procd -S &
ubus -t 10 wait_for service
for service in boot system log rpcd dnsmasq firewall network; do
	script=/etc/init.d/$service
	[ ! -x "$script" ] || "$script" boot || echo "$service does not start"
done
touch /tmp/booted
while :; do
	sleep 3600
done
