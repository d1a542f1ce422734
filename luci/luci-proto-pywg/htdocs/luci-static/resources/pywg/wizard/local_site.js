'use strict';
'require baseclass';
'require pywg.config.address as address';
'require pywg.config.form_state as formState';
'require pywg.config.uci_tunnel as uciTunnel';
'require rpc';
'require uci';

/*
 * The description of this router for the wizard: the `local` of site_plan.js.
 */

const dump = rpc.declare({
	object: 'network.interface', method: 'dump', expect: { interface: [] }
});
const devices = rpc.declare({ object: 'network.device', method: 'status' });

const LAN = 'lan';
const ANYWHERE = [ '0.0.0.0', '::' ];
const LINK_LOCAL = address.parsePrefix('fe80::/10');

function isUplink(iface) {
	return (iface.route ?? []).some(route =>
		route.mask === 0 && ANYWHERE.includes(route.target));
}

function addressesOf(iface) {
	const assigned = (iface['ipv6-prefix-assignment'] ?? [])
		.map(prefix => prefix['local-address']).filter(entry => entry !== undefined);

	return [
		...(iface['ipv4-address'] ?? []), ...(iface['ipv6-address'] ?? []), ...assigned
	].filter(entry => !address.contains(LINK_LOCAL, address.parse(entry.address)));
}

function prefixesOf(iface) {
	return addressesOf(iface).map(entry => `${entry.address}/${entry.mask}`);
}

function networkOf(text) {
	return address.formatPrefix(address.parsePrefix(text));
}

function lanOf(interfaces, names) {
	const inside = interfaces.filter(iface => !isUplink(iface) && !names.includes(
		iface.interface) && addressesOf(iface).length > 0);

	return inside.find(iface => iface.interface === LAN) ?? inside[0];
}

/* Public prefixes are omitted: a provider may change them. */
function permanent(texts) {
	return texts.filter(text => address.isPrivate(address.parseInterface(text)))
		.map(networkOf);
}

/* A dynamic DNS name is preferred to the current address. */
function endpointOf(names, addresses) {
	const reachable = addresses.filter(text =>
		!address.isPrivate(address.parse(text)));

	return [ ...names, ...reachable ][0] ?? '';
}

/* A tunnel that is down still occupies its network. */
function networksOf(interfaces, tunnels) {
	return [ ...new Set([
		...interfaces.flatMap(prefixesOf),
		...tunnels.flatMap(tunnel => tunnel.options?.addresses ?? [])
	]) ];
}

function describe(router) {
	const up = router.interfaces.filter(iface =>
		iface.up && iface.interface !== 'loopback');
	const uplinks = up.filter(isUplink);
	const lan = lanOf(up, router.tunnels.map(({ name }) => name));
	const addresses = uplinks.flatMap(addressesOf).map(entry => entry.address);
	const mtus = uplinks.map(iface => router.mtus[iface.l3_device])
		.filter(mtu => mtu !== undefined);

	return {
		name: router.hostname,
		lan: lan?.interface ?? LAN,
		lans: lan ? permanent(prefixesOf(lan)) : [],
		networks: networksOf(up, router.tunnels),
		wan: {
			addresses,
			mtu: mtus.length ? Math.min(...mtus) : undefined
		},
		endpoint: endpointOf(router.names, addresses),
		tunnels: router.tunnels,
		tunnel: null,
		firewall: router.firewall
	};
}

function mtusOf(found) {
	return Object.fromEntries(
		Object.entries(found).map(([ name, device ]) => [ name, device.mtu ]));
}

function dynamicNames() {
	return uci.sections('ddns', 'service')
		.filter(service => service.enabled === '1' && service.lookup_host)
		.map(service => service.lookup_host);
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
		names: dynamicNames(),
		tunnels: formState.tunnels(),
		firewall: uciTunnel.fromLuci(uci.sections('firewall'), 'firewall')
	});
}

return baseclass.extend({
	/* Return a promise of the description of this router. */
	load,
	/*
	 * Return the description for { hostname, interfaces, mtus, names, tunnels, firewall
	 * }: interfaces as dumped by netifd, mtus by device name, names for dynamic DNS,
	 * and tunnels and firewall as in site_plan.js.
	 */
	describe
});
