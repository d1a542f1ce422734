'use strict';
'require baseclass';
'require pywg.config.address as address';
'require pywg.config.form_state as formState';
'require pywg.config.uci_tunnel as uciTunnel';
'require rpc';
'require uci';

/*
 * What the assistant must know of this router, from what the router says of itself: the
 * `local` of site_plan.js.
 */

const dump = rpc.declare({
	object: 'network.interface', method: 'dump', expect: { interface: [] }
});
const devices = rpc.declare({ object: 'network.device', method: 'status' });

const LAN = 'lan';
const ANYWHERE = [ '0.0.0.0', '::' ];
const LINK_LOCAL = address.parsePrefix('fe80::/10');

function isUplink(one) {
	return (one.route ?? []).some(route =>
		route.mask === 0 && ANYWHERE.includes(route.target));
}

function addressesOf(one) {
	const assigned = (one['ipv6-prefix-assignment'] ?? [])
		.map(prefix => prefix['local-address']).filter(local => local !== undefined);

	return [
		...(one['ipv4-address'] ?? []), ...(one['ipv6-address'] ?? []), ...assigned
	].filter(entry => !address.contains(LINK_LOCAL, address.parse(entry.address)));
}

function prefixesOf(one) {
	return addressesOf(one).map(entry => `${entry.address}/${entry.mask}`);
}

function networkOf(text) {
	return address.formatPrefix(address.parsePrefix(text));
}

function lanOf(interfaces, names) {
	const inside = interfaces.filter(one => !isUplink(one) && !names.includes(
		one.interface) && addressesOf(one).length > 0);

	return inside.find(one => one.interface === LAN) ?? inside[0];
}

/* A global prefix of a provider changes: only what stays is a home's own. */
function lasting(texts) {
	return texts.filter(text => address.isPrivate(address.parseInterface(text)))
		.map(networkOf);
}

/* A name that follows the address is better than the address. */
function callable(names, addresses) {
	const reachable = addresses.filter(text =>
		!address.isPrivate(address.parse(text)));

	return [ ...names, ...reachable ][0] ?? '';
}

/* A tunnel that is down has its network all the same. */
function networksOf(interfaces, tunnels) {
	return [ ...new Set([
		...interfaces.flatMap(prefixesOf),
		...tunnels.flatMap(one => one.options?.addresses ?? [])
	]) ];
}

function describe(router) {
	const up = router.interfaces.filter(one => one.up && one.interface !== 'loopback');
	const uplinks = up.filter(isUplink);
	const lan = lanOf(up, router.tunnels.map(one => one.name));
	const addresses = uplinks.flatMap(addressesOf).map(entry => entry.address);
	const mtus = uplinks.map(one => router.mtus[one.l3_device])
		.filter(mtu => mtu !== undefined);

	return {
		name: router.hostname,
		lan: lan?.interface ?? LAN,
		lans: lan ? lasting(prefixesOf(lan)) : [],
		networks: networksOf(up, router.tunnels),
		wan: {
			addresses,
			mtu: mtus.length ? Math.min(...mtus) : undefined
		},
		endpoint: callable(router.names, addresses),
		tunnels: router.tunnels,
		tunnel: null,
		firewall: router.firewall
	};
}

function mtusOf(found) {
	return Object.fromEntries(
		Object.entries(found).map(([ name, device ]) => [ name, device.mtu ]));
}

function names() {
	return uci.sections('ddns', 'service')
		.filter(one => one.enabled === '1' && one.lookup_host)
		.map(one => one.lookup_host);
}

async function load() {
	const [ interfaces, found ] = await Promise.all([
		dump(), devices(),
		uci.load('network'), uci.load('firewall'), uci.load('system'),
		L.resolveDefault(uci.load('ddns'), null)
	]);

	return describe({
		hostname: uci.sections('system', 'system')[0]?.hostname ?? '',
		interfaces,
		mtus: mtusOf(found),
		names: names(),
		tunnels: formState.tunnels(),
		firewall: uciTunnel.fromLuci(uci.sections('firewall'), 'firewall')
	});
}

return baseclass.extend({
	/* -> what site_plan.js is told of this router. */
	load,
	/*
	 * router: { hostname, interfaces, mtus, names, tunnels, firewall } -> `local`:
	 * interfaces are those of `network.interface dump`, mtus of their devices, names
	 * those that follow the router's address, tunnels and firewall as site_plan.js has
	 * them.
	 */
	describe
});
