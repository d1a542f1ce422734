'use strict';
'require baseclass';
'require pywg.address as address';
'require pywg.uciconf as uciconf';

/*
 * What the assistant must know of this router, from what the router says of itself: the
 * `here` of link.js.
 */

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

/* A tunnel that is down has its network all the same. */
function networksOf(interfaces, tunnels) {
	return [ ...new Set([
		...interfaces.flatMap(prefixesOf),
		...tunnels.flatMap(one => one.options?.addresses ?? [])
	]) ];
}

function describe(router) {
	const up = router.interfaces.filter(one => one.up && one.interface !== 'loopback');
	const { tunnels } = uciconf.read(uciconf.fromLuci(router.network));
	const uplinks = up.filter(isUplink);
	const lan = lanOf(up, tunnels.map(one => one.name));
	const mtus = uplinks.map(one => router.mtus[one.l3_device])
		.filter(mtu => mtu !== undefined);

	return {
		name: router.hostname,
		lan: lan?.interface ?? LAN,
		lans: lan ? lasting(prefixesOf(lan)) : [],
		networks: networksOf(up, tunnels),
		wan: {
			addresses: uplinks.flatMap(addressesOf).map(entry => entry.address),
			mtu: mtus.length ? Math.min(...mtus) : undefined
		},
		endpoint: '',
		tunnels,
		tunnel: null,
		firewall: uciconf.fromLuci(router.firewall, 'firewall')
	};
}

return baseclass.extend({
	/*
	 * router: { hostname, interfaces: those of `network.interface dump`, mtus: of their
	 * devices, network and firewall: LuCI's uci.sections } -> `here`; its endpoint and
	 * tunnel are for the user to choose.
	 */
	describe
});
