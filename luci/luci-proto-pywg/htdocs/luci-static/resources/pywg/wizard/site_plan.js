'use strict';
'require baseclass';
'require pywg.config.address as address';
'require pywg.config.options as options';
'require pywg.config.remote_side as remoteSide';
'require pywg.wizard.firewall_zone as firewallZone';

/*
 * The assistant: links two homes, and works out both sides' configuration.
 *
 * What is known of this router is `here`: { name, lans, networks, wan: { addresses, mtu
 * }, endpoint, tunnels, tunnel, firewall, lan }. name is the home's; lans are the
 * prefixes that the other home may reach, networks all of this router's; endpoint is
 * where the other side can call us, '' for nowhere; tunnels are all there are, tunnel
 * is the one to add to, or null for a new one; firewall are that package's sections and
 * lan the name of the home's interface.
 *
 * A problem is { field, severity, reason }: 'error' or 'warning', at 'lans' or
 * 'endpoint' of the other home, 'ownLans' or 'ownEndpoint' of this one, 'reach',
 * 'port', 'keys' or 'addresses'.
 */

/* IPv6 and UDP around the encrypted packet, and WireGuard's own 32 bytes. */
const OVERHEAD = 40 + 8 + 32;
const USUAL_MTU = 1420;
const LEAST_MTU = 1280;
const FIRST_NAME = 'pywg';

function problem(field, severity, reason) {
	return { field, severity, reason };
}

function homeWords(clash) {
	return clash.ours === clash.theirs
		? _('both homes use %s: change the LAN of one of them').format(clash.ours)
		: _('%s here and %s there overlap: change the LAN of one of them').format(
			clash.ours, clash.theirs);
}

function peersOf(tunnels) {
	return tunnels.flatMap(tunnel => tunnel.peers);
}

function allowedBy(tunnels) {
	return peersOf(tunnels).flatMap(peer => peer.options.allowed_ips ?? []);
}

/* A default route allows everything, and yet is nobody's network. */
function takenBy(tunnels) {
	return allowedBy(tunnels).filter(text => address.parsePrefix(text)?.length > 0);
}

function checkNetworks(field, texts) {
	return texts.filter(text => !address.parsePrefix(text))
		.map(text => problem(field, 'error',
			_('%s is no network').format(options.quote(text))));
}

function checkLans(here, lans) {
	const wrong = checkNetworks('lans', lans);
	const missing = lans.length ? [] : [
		problem('lans', 'error', _('the network of the other home is missing'))
	];
	const clashes = address.clashes(here.networks, lans)
		.map(clash => problem('lans', 'error', homeWords(clash)));
	const taken = address.clashes(takenBy(here.tunnels), lans)
		.map(clash => problem('lans', 'error',
			_('%s is linked to another home already').format(clash.ours)));

	return [ ...wrong, ...missing, ...clashes, ...taken ];
}

function isBehindNat(wan) {
	const known = (wan.addresses ?? []).map(address.parse).filter(one => one !== null);

	return !known.some(one => !address.isPrivate(one));
}

function checkEndpoint(field, text) {
	const reason = text && options.reason(options.PEER, 'endpoint_host', text);

	return reason ? [ problem(field, 'error', reason) ] : [];
}

function checkReach(here, other) {
	if (!here.endpoint && !other.endpoint)
		return [ problem('reach', 'error',
			_('one of the homes must be reachable: give the name or address of one')) ];

	if (here.endpoint && isBehindNat(here.wan))
		return [ problem('ownEndpoint', 'warning',
			_('this router has no public IPv4 or IPv6 address: it can be called only ' +
				'if the router in front of it forwards the UDP port')) ];

	return [];
}

function checkEndpoints(here, other) {
	return [
		...checkEndpoint('endpoint', other.endpoint),
		...checkEndpoint('ownEndpoint', here.endpoint), ...checkReach(here, other)
	];
}

function checkKeys(keys, tunnels) {
	const isKnown = peersOf(tunnels).some(peer =>
		peer.options.public_key === keys.other.public);

	return isKnown
		? [ problem('keys', 'error', _('there is a peer with this public key')) ] : [];
}

function checkTheirKey(keys) {
	return keys.other.public ? [] : [ problem('keys', 'error',
		_('the key of the other router is missing: export its settings there')) ];
}

function freeName(tunnels) {
	let at = 0;

	while (tunnels.some(one => one.name === FIRST_NAME + at))
		at++;

	return FIRST_NAME + at;
}

function portsOf(tunnels) {
	return tunnels.map(one => one.options.listen_port).filter(one => one !== undefined);
}

/* The first address of a network, with the network's length. */
function firstAddress(network) {
	const prefix = address.parsePrefix(network);

	return address.formatPrefix({ ...prefix, value: prefix.value + 1n });
}

function newTunnel(here, other, keys) {
	const taken = [ ...here.networks, ...other.lans, ...takenBy(here.tunnels) ];
	const network = address.freeNetwork(taken);

	return {
		name: freeName(here.tunnels),
		proto: 'pywg',
		options: {
			private_key: keys.here.private,
			listen_port: String(address.nextPort(portsOf(here.tunnels))),
			addresses: network ? [ firstAddress(network) ] : []
		},
		peers: []
	};
}

function insideMtu(wan) {
	const inside = wan.mtu ? Math.max(wan.mtu - OVERHEAD, LEAST_MTU) : USUAL_MTU;

	return inside < USUAL_MTU ? String(inside) : '';
}

/* Who cannot be called must keep the way open by calling. */
function keepalive(isHidden) {
	return isHidden ? remoteSide.CALLING_KEEPALIVE : undefined;
}

function newPeer(tunnel, here, other, keys) {
	const own = tunnel.options.addresses ?? [];
	const addresses = address.nextAddresses(own, allowedBy([ tunnel ]));
	const isHidden = isBehindNat(here.wan) || !here.endpoint;
	const called = other.endpoint ? {
		endpoint_host: options.canonical(
			options.row(options.PEER, 'endpoint_host'), [ other.endpoint ]),
		endpoint_port: String(other.port || options.DEFAULT_PORT)
	} : {};
	const its = {
		public_key: keys.other.public,
		preshared_key: keys.preshared,
		allowed_ips: addresses.concat(other.lans.map(text =>
			address.formatPrefix(address.parsePrefix(text)))),
		route_allowed_ips: '1',
		...called,
		persistent_keepalive: keepalive(isHidden && other.endpoint),
		description: other.name
	};

	return {
		name: '',
		options: Object.fromEntries(
			Object.entries(its).filter(([ , value ]) => value))
	};
}

function otherTunnel(tunnel, peer, here, other, keys) {
	/* Its private key goes to the other home, and is not kept in this one. */
	const its = { ...peer.options, private_key: keys.other.private };

	return remoteSide.make(tunnel, { ...peer, options: its }, {
		public_key: keys.here.public,
		name: here.name,
		endpoint: here.endpoint,
		allowed_ips: remoteSide.hostsOf(tunnel.options.addresses).concat(here.lans),
		keepalive: keepalive(here.endpoint && !other.endpoint),
		interface: FIRST_NAME + '0',
		listen_port: other.endpoint ? String(other.port || options.DEFAULT_PORT) : '',
		mtu: insideMtu(here.wan),
		proto: other.proto
	});
}

function otherFirewall(tunnel) {
	const port = tunnel.options.listen_port;
	const needsRule = tunnel.proto !== 'pywg' && port;

	return firewallZone.create(tunnel.name, 'lan')
		.concat(needsRule ? [ firewallZone.openPort(port) ] : []);
}

function natNote(here, other) {
	if (isBehindNat(here.wan) && other.endpoint)
		return _('This router is behind NAT: it sends a keepalive every %s s, so ' +
			'that the other home can reach it.').format(remoteSide.CALLING_KEEPALIVE);

	if (!other.endpoint)
		return _('The other home calls, and sends a keepalive every %s s, so that ' +
			'this home can reach it.').format(remoteSide.CALLING_KEEPALIVE);

	return _('Each home can call the other.');
}

function notes(tunnel, peer, here, other, firewall) {
	const mtu = insideMtu(here.wan);

	return [
		natNote(here, other),
		_('%s is reached through the tunnel from here, %s from there.').format(
			other.lans.join(', '), here.lans.join(', ')),
		_('In the tunnel this router is %s, the other %s.').format(
			tunnel.options.addresses.join(', '),
			remoteSide.addressesOf(peer, tunnel).join(', ')),
		_('The tunnel belongs to the firewall zone %s.').format(firewall.zone),
		_('The MTU is %s, as the way out of this home permits.').format(
			mtu || USUAL_MTU)
	];
}

function plan(here, other, keys) {
	const problems = [
		...checkLans(here, other.lans), ...checkNetworks('ownLans', here.lans),
		...checkEndpoints(here, other), ...checkKeys(keys, here.tunnels)
	];

	if (problems.some(one => one.severity === 'error'))
		return { problems, here: null, other: null, notes: [] };

	const start = here.tunnel ?? newTunnel(here, other, keys);
	const peer = newPeer(start, here, other, keys);
	const tunnel = { ...start, peers: start.peers.concat(peer) };
	const theirs = otherTunnel(tunnel, peer, here, other, keys);

	if (!remoteSide.addressesOf(peer, tunnel).length)
		return {
			problems: [ problem('addresses', 'error',
				_('no address is left in the tunnel\'s network')) ],
			here: null, other: null, notes: []
		};

	const firewall = firewallZone.propose(here.firewall, tunnel.name, here.lan);

	return {
		problems,
		here: { tunnel, peer, firewall },
		other: { tunnel: theirs, firewall: otherFirewall(theirs) },
		notes: notes(tunnel, peer, here, other, firewall)
	};
}

function checkAdopted(tunnel, here) {
	const lans = tunnel.peers.flatMap(peer => peer.options.allowed_ips ?? [])
		.filter(text => address.parsePrefix(text).length > 0);
	const own = address.clashes(here.networks, tunnel.options.addresses ?? [])
		.map(clash => problem('addresses', 'error',
			_('the tunnel\'s address %s meets %s, which is in use here').format(
				clash.theirs, clash.ours)));
	const port = tunnel.options.listen_port;
	const inUse = port && portsOf(here.tunnels).includes(port)
		? [ problem('port', 'error',
			_('port %s is that of another tunnel here; the other home calls it')
				.format(port)) ] : [];

	return [ ...checkLans(here, lans), ...own, ...inUse ];
}

function adopt(tunnel, here) {
	const isTaken = !tunnel.name || here.tunnels.some(one => one.name === tunnel.name);
	const name = isTaken ? freeName(here.tunnels) : tunnel.name;
	const peers = tunnel.peers.map(peer => ({
		...peer, options: { ...peer.options, route_allowed_ips: '1' }
	}));
	const ours = { ...tunnel, name, proto: 'pywg', peers };

	return {
		tunnel: ours,
		problems: checkAdopted(ours, here),
		firewall: firewallZone.propose(here.firewall, name, here.lan)
	};
}

/* Their peer that is us: the one with our key, or else the only one. */
function entryFor(tunnel, publicKey) {
	const own = tunnel.peers.find(peer => peer.options.public_key === publicKey);
	const free = {
		name: '',
		options: {
			allowed_ips: address.nextAddresses(
				tunnel.options.addresses ?? [], allowedBy([ tunnel ]))
		}
	};

	return own ?? (tunnel.peers.length === 1 ? tunnel.peers[0] : free);
}

function mirror(theirs, here, other, keys) {
	const entry = entryFor(theirs, keys.here.public);
	const isHidden = isBehindNat(here.wan) || !here.endpoint;

	const made = remoteSide.make(theirs, entry, {
		public_key: keys.other.public,
		name: other.name,
		endpoint: other.endpoint,
		port: other.port,
		allowed_ips: remoteSide.hostsOf(theirs.options.addresses).concat(other.lans),
		keepalive: keepalive(isHidden && other.endpoint),
		interface: freeName(here.tunnels),
		listen_port: entry.options.endpoint_port,
		mtu: theirs.options.mtu
	});

	const own = { ...made.options, private_key: keys.here.private };
	const found = adopt({ ...made, options: own }, here);

	return { ...found, problems: [
		...checkEndpoints(here, other), ...checkTheirKey(keys), ...found.problems
	] };
}

return baseclass.extend({
	/*
	 * here, other: { name, lans, endpoint, port, proto }, keys: { here: { private,
	 * public }, other: { private, public }, preshared } -> { problems, here, other,
	 * notes }. here is { tunnel, peer, firewall } with the proposal of
	 * firewall_zone.js, other is { tunnel, firewall }, to be written by
	 * importExport.write; both are null if a problem is an error. notes say what was
	 * decided, and why.
	 */
	plan,
	/*
	 * A tunnel that the other side made for us, as conf.read has it, and here -> {
	 * tunnel, problems, firewall }: under a name that is free here, with its routes.
	 */
	adopt,
	/*
	 * The other side's own tunnel, here, other as for plan, and keys: { here, other: {
	 * public } } -> ours, the same three.
	 */
	mirror
});
