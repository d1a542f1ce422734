'use strict';
'require baseclass';

/*
 * Which firewall zone the tunnels between homes belong to, as sections of uci_text.js.
 *
 * A zone of its own, whose packets may go from the home's zone to the tunnel and back:
 * so it can be closed later without touching the home's own zone.
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

/* TCP through a tunnel must know that its packets have less room. */
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

function create(network, home) {
	return [
		newZone(network), forwarding(home, ZONE), forwarding(ZONE, home)
	];
}

function missing(sections, home) {
	const found = sections.filter(one => one.type === 'forwarding');
	const both = [ forwarding(home, ZONE), forwarding(ZONE, home) ];

	return both.filter(one => !found.some(other =>
		other.options.src === one.options.src &&
		other.options.dest === one.options.dest));
}

function homeZone(zones, network) {
	return zones.find(zone => holds(zone, network))?.options.name ?? 'lan';
}

function propose(sections, network, lan) {
	const zones = sections.filter(one => one.type === 'zone');
	const member = zones.find(zone => holds(zone, network));
	const own = zones.find(zone => zone.options.name === ZONE);
	const home = homeZone(zones, lan);

	if (member)
		return { zone: member.options.name, join: null, add: [] };

	if (own)
		return { zone: ZONE, join: own.id, add: missing(sections, home) };

	return { zone: ZONE, join: null, add: create(network, home) };
}

return baseclass.extend({
	/*
	 * Sections of the firewall, the name of the tunnel's interface and of the home's ->
	 * { zone, join, add }: the zone it will be in; the id of the zone that its name is
	 * to be added to, or null; sections to add.
	 */
	propose,
	/* Name of an interface, name of the home's zone -> all sections of a new zone. */
	create,
	/* UDP port -> the rule that lets the world call; pywg itself needs none. */
	openPort
});
