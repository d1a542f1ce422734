'use strict';
'require baseclass';
'require pywg.config.address as address';
'require pywg.config.keys as keys';
'require pywg.config.options as options';

/*
 * The configuration of a peer's own device: a peer of the local interface is the
 * interface of the remote side.
 */

const NAT_KEEPALIVE = '25';

function interfaces(texts) {
	return (texts ?? []).map(address.parseInterface);
}

function isHost(prefix) {
	return prefix.length === prefix.bits;
}

function lengthOf(networks, own) {
	const containing = networks.find(prefix =>
		address.contains(address.network(prefix), own));

	return containing ? containing.length : own.bits;
}

/* The tunnel addresses of a peer are the single addresses among its allowed IPs: those
   in the tunnel network or, without any, all of them. */
function addressesOf(peer, tunnel) {
	const networks = interfaces(tunnel.options.addresses);
	const hosts = interfaces(peer.options.allowed_ips).filter(isHost);
	const inside = hosts.filter(own => lengthOf(networks, own) < own.bits);

	return (inside.length ? inside : hosts).map(own =>
		address.formatPrefix({ ...own, length: lengthOf(networks, own) }));
}

function hostsOf(texts) {
	return interfaces(texts).map(own =>
		address.formatPrefix({ ...own, length: own.bits }));
}

function networksOf(texts) {
	return texts.map(text => address.formatPrefix(address.parsePrefix(text)));
}

function withoutEmpty(table) {
	return Object.fromEntries(Object.entries(table).filter(([ , value ]) =>
		value !== undefined && value !== null && value !== '' && value.length !== 0));
}

function peerOf(tunnel, local) {
	return {
		name: '',
		options: withoutEmpty({
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

/* The name of a stored key is meaningless on another router. */
function unlessStored(value) {
	return keys.isKey(value) ? value : undefined;
}

function make(tunnel, peer, local) {
	return {
		name: local.interface ?? tunnel.name,
		proto: local.proto ?? 'pywg',
		options: withoutEmpty({
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
	/* The persistent keepalive, in seconds, that holds NAT mappings open. */
	NAT_KEEPALIVE,
	/* Convert the addresses of an interface (texts) to allowed IPs with full length. */
	hostsOf,
	/* Return the tunnel addresses (texts) of a peer of a tunnel. */
	addressesOf,
	/*
	 * Return the tunnel of the remote side for a peer of the local tunnel. local is {
	 * public_key, name, endpoint, port, allowed_ips, keepalive, interface, listen_port,
	 * mtu, proto }, of which only the key is required. Keys that the router stores are
	 * omitted.
	 */
	make
});
