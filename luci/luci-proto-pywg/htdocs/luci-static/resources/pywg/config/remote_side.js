'use strict';
'require baseclass';
'require pywg.config.address as address';
'require pywg.config.keys as keys';
'require pywg.config.options as options';

/*
 * One side of a link, seen from the other: what is a peer here is an interface there.
 */

const NAT_KEEPALIVE = '25';

function interfaces(texts) {
	return (texts ?? []).map(address.parseInterface);
}

function isHost(prefix) {
	return prefix.length === prefix.bits;
}

function lengthOf(networks, own) {
	const holder = networks.find(one => address.contains(address.network(one), own));

	return holder ? holder.length : own.bits;
}

/* A peer's own addresses are the hosts among its allowed IPs, those in our network
   first of all. */
function addressesOf(peer, tunnel) {
	const networks = interfaces(tunnel.options.addresses);
	const hosts = interfaces(peer.options.allowed_ips).filter(isHost);
	const near = hosts.filter(own => lengthOf(networks, own) < own.bits);

	return (near.length ? near : hosts).map(own =>
		address.formatPrefix({ ...own, length: lengthOf(networks, own) }));
}

function hostsOf(texts) {
	return interfaces(texts).map(own =>
		address.formatPrefix({ ...own, length: own.bits }));
}

function networksOf(texts) {
	return texts.map(text => address.formatPrefix(address.parsePrefix(text)));
}

function given(table) {
	return Object.fromEntries(Object.entries(table).filter(([ , value ]) =>
		value !== undefined && value !== null && value !== '' && value.length !== 0));
}

function peerOf(tunnel, local) {
	return {
		name: '',
		options: given({
			public_key: local.public_key,
			preshared_key: local.preshared_key,
			allowed_ips: networksOf(
				local.allowed_ips ?? hostsOf(tunnel.options.addresses)),
			route_allowed_ips: '1',
			endpoint_host: local.endpoint,
			endpoint_port: local.endpoint
				? local.port || tunnel.options.listen_port || options.DEFAULT_PORT : '',
			persistent_keepalive: local.keepalive,
			description: local.name
		})
	};
}

/* A key that the router keeps is not in the browser, and has another name there. */
function unlessStored(value) {
	return keys.isKey(value) ? value : undefined;
}

function make(tunnel, peer, local) {
	return {
		name: local.interface ?? tunnel.name,
		proto: local.proto ?? 'pywg',
		options: given({
			private_key: unlessStored(peer.options.private_key),
			listen_port: local.listen_port,
			addresses: addressesOf(peer, tunnel),
			mtu: local.mtu
		}),
		peers: [ peerOf(tunnel, {
			...local, preshared_key: unlessStored(peer.options.preshared_key)
		}) ]
	};
}

return baseclass.extend({
	/* What keeps a NAT open, by all experience. */
	NAT_KEEPALIVE,
	/* The addresses of a tunnel, texts -> the same as hosts: what a peer allows. */
	hostsOf,
	/* Peer, tunnel -> the addresses that the peer has itself in the tunnel. */
	addressesOf,
	/*
	 * Our tunnel, one of its peers and what the other side must know of this one -> its
	 * tunnel. local: { public_key, name, endpoint, port, allowed_ips, keepalive,
	 * interface, listen_port, mtu, proto }; all but the key may be missing. A key that
	 * the router keeps is missing in what is made.
	 */
	make
});
