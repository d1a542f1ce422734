'use strict';
'require baseclass';

/*
 * The firewall zone of the tunnels between sites, as sections of uci_text.js.
 *
 * A separate zone, with forwarding to and from the zone of the LAN, can be restricted
 * later without changing the zone of the LAN.
 */

const ZONE = 'homes';

function section(type, options) {
	return { package: 'firewall', type, name: '', options, lines: {} };
}

function list(value) {
	return [].concat(value ?? []).flatMap(text => text.split(/\s+/));
}

function holds(zone, network) {
	return list(zone.options.network).includes(network);
}

function forwarding(src, dest) {
	return section('forwarding', { src, dest });
}

/* mtu_fix clamps the MSS of TCP connections to the MTU of the tunnel. */
function newZone(network) {
	return section('zone', {
		name: ZONE, input: 'ACCEPT', output: 'ACCEPT', forward: 'ACCEPT',
		mtu_fix: '1', network: [ network ]
	});
}

function openPort(port) {
	return section('rule', {
		name: 'Allow-WireGuard', src: 'wan', proto: 'udp', dest_port: port,
		target: 'ACCEPT'
	});
}

function create(network, lanZone) {
	return [
		newZone(network), forwarding(lanZone, ZONE), forwarding(ZONE, lanZone)
	];
}

function missingForwardings(sections, lanZone) {
	const existing = sections.filter(({ type }) => type === 'forwarding');
	const needed = [ forwarding(lanZone, ZONE), forwarding(ZONE, lanZone) ];

	return needed.filter(({ options }) => !existing.some(found =>
		found.options.src === options.src && found.options.dest === options.dest));
}

function zoneOf(zones, network) {
	return zones.find(zone => holds(zone, network))?.options.name ?? 'lan';
}

function propose(sections, network, lan) {
	const zones = sections.filter(({ type }) => type === 'zone');
	const member = zones.find(zone => holds(zone, network));
	const own = zones.find(zone => zone.options.name === ZONE);
	const lanZone = zoneOf(zones, lan);

	if (member)
		return { zone: member.options.name, join: null, add: [] };

	if (own)
		return { zone: ZONE, join: own.id, add: missingForwardings(sections, lanZone) };

	return { zone: ZONE, join: null, add: create(network, lanZone) };
}

return baseclass.extend({
	/*
	 * Return { zone, join, add } for the sections of the firewall and the names of the
	 * tunnel's and of the LAN's interface: the name of the tunnel's zone, the id of the
	 * existing zone that the interface must join (or null), and the sections to add.
	 */
	propose,
	/* Return the sections of a new zone for an interface; takes the name of the zone of
	   the LAN as well. */
	create,
	/* Return the rule that accepts packets on a UDP port; an interface with protocol
	   pywg does not need it. */
	openPort
});
