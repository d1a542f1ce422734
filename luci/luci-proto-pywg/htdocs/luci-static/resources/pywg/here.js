'use strict';
'require baseclass';
'require pywg.address as address';
'require pywg.onscreen as onscreen';
'require rpc';
'require uci';

/* What is known of this router: its networks, its ways out, its name. */

const HOME = 'lan';

const dump = rpc.declare({
	object: 'network.interface', method: 'dump', expect: { interface: [] }
});

function addressesOf(one) {
	return [ 'ipv4-address', 'ipv6-address' ].flatMap(family => one[family] ?? []);
}

function networksOf(one) {
	return addressesOf(one)
		.map(its => address.parsePrefix(`${its.address}/${its.mask}`))
		.filter(prefix => prefix && prefix.length < prefix.bits)
		.map(address.formatPrefix);
}

function isWayOut(one) {
	return (one.route ?? []).some(route => route.mask === 0);
}

function isReachable(text) {
	const found = address.parse(text);

	return found !== null && !address.isPrivate(found);
}

/* A name that follows the address is better than the address. */
function callable(addresses) {
	const names = uci.sections('ddns', 'service')
		.filter(one => one.enabled === '1').map(one => one.lookup_host);

	return names.concat(addresses.filter(isReachable)).find(one => one) ?? '';
}

function firewall() {
	return [ 'zone', 'forwarding' ].flatMap(type => uci.sections('firewall', type)
		.map(one => ({ type, id: one['.name'], options: one })));
}

async function look() {
	const [ all ] = await Promise.all([
		dump(), uci.load('network'), uci.load('firewall'), uci.load('system'),
		L.resolveDefault(uci.load('ddns'), null)
	]);
	const plain = all.filter(one =>
		one.proto !== 'pywg' && one.interface !== 'loopback');
	const ways = plain.filter(isWayOut);
	const addresses = ways.flatMap(addressesOf).map(its => its.address);
	const home = plain.find(one => one.interface === HOME) ?? {};

	return {
		name: uci.sections('system', 'system')[0]?.hostname ?? '',
		lan: HOME,
		lans: networksOf(home).filter(text => !text.includes(':')),
		networks: plain.flatMap(networksOf),
		wan: { addresses, mtu: null },
		endpoint: callable(addresses),
		tunnels: onscreen.tunnels(),
		tunnel: null,
		firewall: firewall()
	};
}

return baseclass.extend({
	/* -> what link.js is told of this router. */
	look
});
