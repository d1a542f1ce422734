'use strict';
'require baseclass';
'require pywg.config.address as address';
'require pywg.config.options as options';
'require pywg.config.remote_side as remoteSide';
'require pywg.wizard.firewall_zone as firewallZone';

/*
 * The assistant: links two homes, and works out both sides' configuration.
 *
 * What is known of this router is `local`: { name, lans, networks, wan: { addresses,
 * mtu }, endpoint, tunnels, tunnel, firewall, lan }. name is the home's; lans are the
 * prefixes that the other home may reach, networks all of this router's; endpoint is
 * where the other side can call us, '' for nowhere; tunnels are all there are, tunnel
 * is the one to add to, or null for a new one; firewall are that package's sections and
 * lan the name of the home's interface.
 *
 * A problem is { field, severity, reason }: 'error' or 'warning', at 'lans' or
 * 'endpoint' of the other home, 'localLans' or 'localEndpoint' of this one,
 * 'reachability', 'port', 'keys' or 'addresses'.
 */

/* IPv6 and UDP around the encrypted packet, and WireGuard's own 32 bytes. */
const OVERHEAD = 40 + 8 + 32;
const USUAL_MTU = 1420;
const LEAST_MTU = 1280;
const FIRST_NAME = 'pywg';

function problem(field, severity, reason) {
	return { field, severity, reason };
}

function describeOverlap(overlap) {
	return overlap.local === overlap.remote
		? _('both homes use %s: change the LAN of one of them').format(overlap.local)
		: _('%s here and %s there overlap: change the LAN of one of them').format(
			overlap.local, overlap.remote);
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

function checkLans(local, lans) {
	const wrong = checkNetworks('lans', lans);
	const missing = lans.length ? [] : [
		problem('lans', 'error', _('the network of the other home is missing'))
	];
	const overlaps = address.findOverlaps(local.networks, lans)
		.map(overlap => problem('lans', 'error', describeOverlap(overlap)));
	const taken = address.findOverlaps(takenBy(local.tunnels), lans)
		.map(overlap => problem('lans', 'error',
			_('%s is linked to another home already').format(overlap.local)));

	return [ ...wrong, ...missing, ...overlaps, ...taken ];
}

function isBehindNat(wan) {
	const known = (wan.addresses ?? []).map(address.parse).filter(one => one !== null);

	return !known.some(one => !address.isPrivate(one));
}

function checkEndpoint(field, text) {
	const reason = text && options.reason(options.PEER, 'endpoint_host', text);

	return reason ? [ problem(field, 'error', reason) ] : [];
}

function checkReach(local, remote) {
	if (!local.endpoint && !remote.endpoint)
		return [ problem('reachability', 'error',
			_('one of the homes must be reachable: give the name or address of one')) ];

	if (local.endpoint && isBehindNat(local.wan))
		return [ problem('localEndpoint', 'warning',
			_('this router has no public IPv4 or IPv6 address: it can be called only ' +
				'if the router in front of it forwards the UDP port')) ];

	return [];
}

function checkEndpoints(local, remote) {
	return [
		...checkEndpoint('endpoint', remote.endpoint),
		...checkEndpoint('localEndpoint', local.endpoint), ...checkReach(local, remote)
	];
}

function checkKeys(keys, tunnels) {
	const isKnown = peersOf(tunnels).some(peer =>
		peer.options.public_key === keys.remote.public);

	return isKnown
		? [ problem('keys', 'error', _('there is a peer with this public key')) ] : [];
}

function checkRemoteKey(keys) {
	return keys.remote.public ? [] : [ problem('keys', 'error',
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

function newTunnel(local, remote, keys) {
	const taken = [ ...local.networks, ...remote.lans, ...takenBy(local.tunnels) ];
	const network = address.freeNetwork(taken);

	return {
		name: freeName(local.tunnels),
		proto: 'pywg',
		options: {
			private_key: keys.local.private,
			listen_port: String(address.nextPort(portsOf(local.tunnels))),
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
	return isHidden ? remoteSide.NAT_KEEPALIVE : undefined;
}

function newPeer(tunnel, local, remote, keys) {
	const own = tunnel.options.addresses ?? [];
	const addresses = address.nextAddresses(own, allowedBy([ tunnel ]));
	const isHidden = isBehindNat(local.wan) || !local.endpoint;
	const called = remote.endpoint ? {
		endpoint_host: options.canonical(
			options.row(options.PEER, 'endpoint_host'), [ remote.endpoint ]),
		endpoint_port: String(remote.port || options.DEFAULT_PORT)
	} : {};
	const its = {
		public_key: keys.remote.public,
		preshared_key: keys.preshared,
		allowed_ips: addresses.concat(remote.lans.map(text =>
			address.formatPrefix(address.parsePrefix(text)))),
		route_allowed_ips: '1',
		...called,
		persistent_keepalive: keepalive(isHidden && remote.endpoint),
		description: remote.name
	};

	return {
		name: '',
		options: Object.fromEntries(
			Object.entries(its).filter(([ , value ]) => value))
	};
}

function planRemoteTunnel(tunnel, peer, local, remote, keys) {
	/* Its private key goes to the other home, and is not kept in this one. */
	const its = { ...peer.options, private_key: keys.remote.private };

	return remoteSide.make(tunnel, { ...peer, options: its }, {
		public_key: keys.local.public,
		name: local.name,
		endpoint: local.endpoint,
		allowed_ips: remoteSide.hostsOf(tunnel.options.addresses).concat(local.lans),
		keepalive: keepalive(local.endpoint && !remote.endpoint),
		interface: FIRST_NAME + '0',
		listen_port: remote.endpoint ? String(remote.port || options.DEFAULT_PORT) : '',
		mtu: insideMtu(local.wan),
		proto: remote.proto
	});
}

function planRemoteFirewall(tunnel) {
	const port = tunnel.options.listen_port;
	const needsRule = tunnel.proto !== 'pywg' && port;

	return firewallZone.create(tunnel.name, 'lan')
		.concat(needsRule ? [ firewallZone.openPort(port) ] : []);
}

function natNote(local, remote) {
	if (isBehindNat(local.wan) && remote.endpoint)
		return _('This router is behind NAT: it sends a keepalive every %s s, so ' +
			'that the other home can reach it.').format(remoteSide.NAT_KEEPALIVE);

	if (!remote.endpoint)
		return _('The other home calls, and sends a keepalive every %s s, so that ' +
			'this home can reach it.').format(remoteSide.NAT_KEEPALIVE);

	return _('Each home can call the other.');
}

function notes(tunnel, peer, local, remote, firewall) {
	const mtu = insideMtu(local.wan);

	return [
		natNote(local, remote),
		_('%s is reached through the tunnel from here, %s from there.').format(
			remote.lans.join(', '), local.lans.join(', ')),
		_('In the tunnel this router is %s, the other %s.').format(
			tunnel.options.addresses.join(', '),
			remoteSide.addressesOf(peer, tunnel).join(', ')),
		_('The tunnel belongs to the firewall zone %s.').format(firewall.zone),
		_('The MTU is %s, as the way out of this home permits.').format(
			mtu || USUAL_MTU)
	];
}

function plan(local, remote, keys) {
	const problems = [
		...checkLans(local, remote.lans), ...checkNetworks('localLans', local.lans),
		...checkEndpoints(local, remote), ...checkKeys(keys, local.tunnels)
	];

	if (problems.some(one => one.severity === 'error'))
		return { problems, local: null, remote: null, notes: [] };

	const start = local.tunnel ?? newTunnel(local, remote, keys);
	const peer = newPeer(start, local, remote, keys);
	const tunnel = { ...start, peers: start.peers.concat(peer) };
	const remoteTunnel = planRemoteTunnel(tunnel, peer, local, remote, keys);

	if (!remoteSide.addressesOf(peer, tunnel).length)
		return {
			problems: [ problem('addresses', 'error',
				_('no address is left in the tunnel\'s network')) ],
			local: null, remote: null, notes: []
		};

	const firewall = firewallZone.propose(local.firewall, tunnel.name, local.lan);

	return {
		problems,
		local: { tunnel, peer, firewall },
		remote: { tunnel: remoteTunnel, firewall: planRemoteFirewall(remoteTunnel) },
		notes: notes(tunnel, peer, local, remote, firewall)
	};
}

function checkAdopted(tunnel, local) {
	const lans = tunnel.peers.flatMap(peer => peer.options.allowed_ips ?? [])
		.filter(text => address.parsePrefix(text).length > 0);
	const own = address.findOverlaps(local.networks, tunnel.options.addresses ?? [])
		.map(overlap => problem('addresses', 'error',
			_('the tunnel\'s address %s meets %s, which is in use here').format(
				overlap.remote, overlap.local)));
	const port = tunnel.options.listen_port;
	const inUse = port && portsOf(local.tunnels).includes(port)
		? [ problem('port', 'error',
			_('port %s is that of another tunnel here; the other home calls it')
				.format(port)) ] : [];

	return [ ...checkLans(local, lans), ...own, ...inUse ];
}

function adopt(tunnel, local) {
	const isTaken = !tunnel.name ||
		local.tunnels.some(one => one.name === tunnel.name);
	const name = isTaken ? freeName(local.tunnels) : tunnel.name;
	const peers = tunnel.peers.map(peer => ({
		...peer, options: { ...peer.options, route_allowed_ips: '1' }
	}));
	const localTunnel = { ...tunnel, name, proto: 'pywg', peers };

	return {
		tunnel: localTunnel,
		problems: checkAdopted(localTunnel, local),
		firewall: firewallZone.propose(local.firewall, name, local.lan)
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

function planFromRemote(remoteTunnel, local, remote, keys) {
	const entry = entryFor(remoteTunnel, keys.local.public);
	const isHidden = isBehindNat(local.wan) || !local.endpoint;

	const made = remoteSide.make(remoteTunnel, entry, {
		public_key: keys.remote.public,
		name: remote.name,
		endpoint: remote.endpoint,
		port: remote.port,
		allowed_ips: remoteSide.hostsOf(remoteTunnel.options.addresses)
			.concat(remote.lans),
		keepalive: keepalive(isHidden && remote.endpoint),
		interface: freeName(local.tunnels),
		listen_port: entry.options.endpoint_port,
		mtu: remoteTunnel.options.mtu
	});

	const own = { ...made.options, private_key: keys.local.private };
	const found = adopt({ ...made, options: own }, local);

	return { ...found, problems: [
		...checkEndpoints(local, remote), ...checkRemoteKey(keys), ...found.problems
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
	planFromRemote
});
