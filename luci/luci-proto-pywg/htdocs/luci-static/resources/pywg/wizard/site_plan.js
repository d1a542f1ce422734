'use strict';
'require baseclass';
'require pywg.config.address as address';
'require pywg.config.options as options';
'require pywg.config.remote_side as remoteSide';
'require pywg.wizard.firewall_zone as firewallZone';

/*
 * The plan of a link between two sites: the configuration of both sides.
 *
 * local describes this router: { name, lans, networks, wan: { addresses, mtu },
 * endpoint, tunnels, tunnel, firewall, lan }. name is that of the site, lans are the
 * prefixes that the remote site may access, networks all prefixes of this router.
 * endpoint is the public address of this router, '' for none. tunnels are the existing
 * tunnels, tunnel is the one to add the peer to, or null for a new one. firewall is an
 * array of the sections of that package, lan the name of the LAN's interface.
 *
 * remote describes the remote site: { name, lans, endpoint, port, proto }.
 *
 * A problem is { field, severity, reason }: severity is 'error' or 'warning', field is
 * 'remoteLans', 'remoteEndpoint', 'localLans', 'localEndpoint', 'reachability', 'port',
 * 'keys' or 'addresses'.
 */

/* Bytes of the IPv6 and UDP headers, and of the header and tag of transport data. */
const OVERHEAD = 40 + 8 + 32;
const DEFAULT_MTU = 1420;
const MIN_MTU = 1280;
const NAME_PREFIX = 'pywg';

function problem(field, severity, reason) {
	return { field, severity, reason };
}

function describeOverlap(overlap) {
	return overlap.local === overlap.remote
		? _('Both homes use %s. Change the LAN of one of them.').format(overlap.local)
		: _('%s here and %s there overlap. Change the LAN of one home.').format(
			overlap.local, overlap.remote);
}

function peersOf(tunnels) {
	return tunnels.flatMap(tunnel => tunnel.peers);
}

function allowedBy(tunnels) {
	return peersOf(tunnels).flatMap(peer => peer.options.allowed_ips ?? []);
}

/* A default route occupies no network. */
function takenBy(tunnels) {
	return allowedBy(tunnels).filter(text => address.parsePrefix(text)?.length > 0);
}

function checkNetworks(field, texts) {
	return texts.filter(text => !address.parsePrefix(text))
		.map(text => problem(field, 'error',
			_('%s is not a network prefix').format(options.quote(text))));
}

function checkLans(local, lans) {
	const invalid = checkNetworks('remoteLans', lans);
	const missing = lans.length ? [] : [
		problem('remoteLans', 'error', _('The network of the other home is missing.'))
	];
	const overlaps = address.findOverlaps(local.networks, lans)
		.map(overlap => problem('remoteLans', 'error', describeOverlap(overlap)));
	const taken = address.findOverlaps(takenBy(local.tunnels), lans)
		.map(overlap => problem('remoteLans', 'error',
			_('%s is already linked to another home.').format(overlap.local)));

	return [ ...invalid, ...missing, ...overlaps, ...taken ];
}

function isBehindNat(wan) {
	const addresses = (wan.addresses ?? []).map(address.parse)
		.filter(parsed => parsed !== null);

	return !addresses.some(parsed => !address.isPrivate(parsed));
}

function checkEndpoint(field, text) {
	const reason = text && options.reason(options.PEER, 'endpoint_host', text);

	return reason ? [ problem(field, 'error', reason) ] : [];
}

function checkReach(local, remote) {
	if (!local.endpoint && !remote.endpoint)
		return [ problem('reachability', 'error',
			_('One of the homes must be reachable from the ' +
				'internet. Enter its public address.')) ];

	if (local.endpoint && isBehindNat(local.wan))
		return [ problem('localEndpoint', 'warning',
			_('This router has no public IPv4 or IPv6 address. It is reachable only ' +
				'if the upstream router forwards the UDP port.')) ];

	return [];
}

function checkEndpoints(local, remote) {
	return [
		...checkEndpoint('remoteEndpoint', remote.endpoint),
		...checkEndpoint('localEndpoint', local.endpoint), ...checkReach(local, remote)
	];
}

function checkKeys(keys, tunnels) {
	const exists = peersOf(tunnels).some(peer =>
		peer.options.public_key === keys.remote.public);

	return exists
		? [ problem('keys', 'error', _('A peer with this public key exists.')) ] : [];
}

function checkRemoteKey(keys) {
	return keys.remote.public ? [] : [ problem('keys', 'error',
		_('The private key of the other router is missing. ' +
			'Export its configuration there.')) ];
}

function freeName(tunnels) {
	let number = 0;

	while (tunnels.some(({ name }) => name === NAME_PREFIX + number))
		number++;

	return NAME_PREFIX + number;
}

function portsOf(tunnels) {
	return tunnels.map(({ options: its }) => its.listen_port)
		.filter(port => port !== undefined);
}

/* The first address of a network, with the prefix length of the network. */
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
	const inside = wan.mtu ? Math.max(wan.mtu - OVERHEAD, MIN_MTU) : DEFAULT_MTU;

	return inside < DEFAULT_MTU ? String(inside) : '';
}

/* A side that is not reachable must hold its NAT mapping open. */
function keepalive(isUnreachable) {
	return isUnreachable ? remoteSide.NAT_KEEPALIVE : undefined;
}

function newPeer(tunnel, local, remote, keys) {
	const own = tunnel.options.addresses ?? [];
	const addresses = address.nextAddresses(own, allowedBy([ tunnel ]));
	const isUnreachable = isBehindNat(local.wan) || !local.endpoint;
	const endpoint = remote.endpoint ? {
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
		...endpoint,
		persistent_keepalive: keepalive(isUnreachable && remote.endpoint),
		description: remote.name
	};

	return {
		name: '',
		options: Object.fromEntries(
			Object.entries(its).filter(([ , value ]) => value))
	};
}

function planRemoteTunnel(tunnel, peer, local, remote, keys) {
	/* The private key is exported to the remote site, and not stored. */
	const its = { ...peer.options, private_key: keys.remote.private };

	return remoteSide.make(tunnel, { ...peer, options: its }, {
		public_key: keys.local.public,
		name: local.name,
		endpoint: local.endpoint,
		allowed_ips: remoteSide.hostsOf(tunnel.options.addresses).concat(local.lans),
		keepalive: keepalive(local.endpoint && !remote.endpoint),
		interface: NAME_PREFIX + '0',
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
		return _('This router is behind NAT. It sends a keepalive every %s seconds, ' +
			'so that the other home can reach it.').format(remoteSide.NAT_KEEPALIVE);

	if (!remote.endpoint)
		return _('The other home initiates the connection. It sends a keepalive ' +
			'every %s seconds, so that this home can reach it.')
			.format(remoteSide.NAT_KEEPALIVE);

	return _('Each home can initiate the connection.');
}

function notes(tunnel, peer, local, remote, firewall) {
	const mtu = insideMtu(local.wan);

	return [
		natNote(local, remote),
		_('Networks reached through the tunnel: %s from this ' +
			'home, %s from the other home.').format(
			remote.lans.join(', '), local.lans.join(', ')),
		_('Tunnel addresses: %s for this router, %s for the other router.').format(
			tunnel.options.addresses.join(', '),
			remoteSide.addressesOf(peer, tunnel).join(', ')),
		_('The interface belongs to the firewall zone %s.').format(firewall.zone),
		_('The MTU is %s, derived from the uplink of this home.').format(
			mtu || DEFAULT_MTU)
	];
}

function plan(local, remote, keys) {
	const problems = [
		...checkLans(local, remote.lans), ...checkNetworks('localLans', local.lans),
		...checkEndpoints(local, remote), ...checkKeys(keys, local.tunnels)
	];

	if (problems.some(({ severity }) => severity === 'error'))
		return { problems, local: null, remote: null, notes: [] };

	const start = local.tunnel ?? newTunnel(local, remote, keys);
	const peer = newPeer(start, local, remote, keys);
	const tunnel = { ...start, peers: start.peers.concat(peer) };
	const remoteTunnel = planRemoteTunnel(tunnel, peer, local, remote, keys);

	if (!remoteSide.addressesOf(peer, tunnel).length)
		return {
			problems: [ problem('addresses', 'error',
				_('The tunnel network has no free address.')) ],
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
			_('The tunnel address %s overlaps %s, which is in use here.').format(
				overlap.remote, overlap.local)));
	const port = tunnel.options.listen_port;
	const inUse = port && portsOf(local.tunnels).includes(port)
		? [ problem('port', 'error',
			_('Another interface of this router uses UDP port %s, ' +
				'which the other home sends to.').format(port)) ] : [];

	return [ ...checkLans(local, lans), ...own, ...inUse ];
}

function adopt(tunnel, local) {
	const isTaken = !tunnel.name ||
		local.tunnels.some(({ name }) => name === tunnel.name);
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

/* The remote tunnel's peer for this router: the one with the local key, or else the
   only one, or else a new one with a free address. */
function entryFor(tunnel, publicKey) {
	const own = tunnel.peers.find(peer => peer.options.public_key === publicKey);
	const added = {
		name: '',
		options: {
			allowed_ips: address.nextAddresses(
				tunnel.options.addresses ?? [], allowedBy([ tunnel ]))
		}
	};

	return own ?? (tunnel.peers.length === 1 ? tunnel.peers[0] : added);
}

function planFromRemote(remoteTunnel, local, remote, keys) {
	const entry = entryFor(remoteTunnel, keys.local.public);
	const isUnreachable = isBehindNat(local.wan) || !local.endpoint;

	const made = remoteSide.make(remoteTunnel, entry, {
		public_key: keys.remote.public,
		name: remote.name,
		endpoint: remote.endpoint,
		port: remote.port,
		allowed_ips: remoteSide.hostsOf(remoteTunnel.options.addresses)
			.concat(remote.lans),
		keepalive: keepalive(isUnreachable && remote.endpoint),
		interface: freeName(local.tunnels),
		listen_port: entry.options.endpoint_port,
		mtu: remoteTunnel.options.mtu
	});

	const own = { ...made.options, private_key: keys.local.private };
	const adopted = adopt({ ...made, options: own }, local);

	return { ...adopted, problems: [
		...checkEndpoints(local, remote), ...checkRemoteKey(keys), ...adopted.problems
	] };
}

return baseclass.extend({
	/*
	 * Plan a new link. Takes local, remote, and keys: { local: { private, public },
	 * remote: { private, public }, preshared }. Returns { problems, local, remote,
	 * notes }: local is { tunnel, peer, firewall } with a proposal of firewall_zone.js,
	 * remote is { tunnel, firewall } for importExport.write; both are null if a problem
	 * is an error. notes are sentences about the decisions.
	 */
	plan,
	/*
	 * Plan the import of a tunnel that was generated for this router, as parsed by
	 * import_export.js. Takes local as well; returns { tunnel, problems, firewall }.
	 * The name is changed if it is in use, and routes are created.
	 */
	adopt,
	/*
	 * Plan a link from the remote site's own tunnel. Takes local, remote, and keys: {
	 * local: { private, public }, remote: { public } } as well; returns the same as
	 * adopt.
	 */
	planFromRemote
});
