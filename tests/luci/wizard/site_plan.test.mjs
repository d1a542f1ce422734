/* The plan of a link between two sites. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { Realm, plain } from '../luci.mjs';

const realm = new Realm();
const sitePlan = realm.require('pywg.wizard.site_plan');
const importExport = realm.require('pywg.config.import_export');
const firewallZone = realm.require('pywg.wizard.firewall_zone');
const remoteSide = realm.require('pywg.config.remote_side');

const key = digit => `${digit.repeat(42)}A=`;
const KEYS = {
	local: { private: key('a'), public: key('b') },
	remote: { private: key('c'), public: key('d') },
	preshared: key('e')
};
const PUBLIC = '203.0.113.7', SHARED = '100.64.3.2';

function localSite(overrides) {
	return {
		name: 'Home', lans: [ '192.168.1.0/24' ],
		networks: [ '192.168.1.1/24', '203.0.113.7/24' ],
		wan: { addresses: [ PUBLIC ], mtu: 1500 }, endpoint: 'home.example.org',
		tunnels: [], tunnel: null, firewall: [], lan: 'lan', ...overrides
	};
}

function remoteSite(overrides) {
	return {
		name: 'Grandma', lans: [ '192.168.2.7/24' ], endpoint: '', port: '', ...overrides
	};
}

function planned(local, remote, keys) {
	const found = sitePlan.plan(localSite(local), remoteSite(remote), keys ?? KEYS);

	assert.deepEqual(
		plain(found.problems.filter(({ severity }) => severity === 'error')), []);

	return plain(found);
}

function problems(local, remote, keys) {
	const found = sitePlan.plan(localSite(local), remoteSite(remote), keys ?? KEYS);

	return plain(found.problems).map(({ field, severity }) => [ field, severity ]);
}

test('both sides of the plan correspond', () => {
	const { local, remote } = planned();

	assert.deepEqual(local.tunnel, {
		name: 'pywg0', proto: 'pywg',
		options: {
			private_key: KEYS.local.private, listen_port: '51820',
			addresses: [ '10.77.0.1/24' ]
		},
		peers: [ {
			name: '',
			options: {
				public_key: KEYS.remote.public, preshared_key: KEYS.preshared,
				allowed_ips: [ '10.77.0.2/32', '192.168.2.0/24' ],
				route_allowed_ips: '1', description: 'Grandma'
			}
		} ]
	});
	assert.deepEqual(remote.tunnel, {
		name: 'pywg0', proto: 'pywg',
		options: { private_key: KEYS.remote.private, addresses: [ '10.77.0.2/24' ] },
		peers: [ {
			name: '',
			options: {
				public_key: KEYS.local.public, preshared_key: KEYS.preshared,
				allowed_ips: [ '10.77.0.1/32', '192.168.1.0/24' ],
				route_allowed_ips: '1', endpoint_host: 'home.example.org',
				endpoint_port: '51820', persistent_keepalive: '25', description: 'Home'
			}
		} ]
	});
});

/* WAN address, local and remote endpoint; local and remote keepalive. */
const KEEPALIVES = [
	[ PUBLIC, 'home.example.org', '', undefined, '25' ],
	[ PUBLIC, 'home.example.org', 'g.example.org', undefined, undefined ],
	[ SHARED, '', 'g.example.org', '25', undefined ],
	[ SHARED, 'home.example.org', 'g.example.org', '25', undefined ],
	[ PUBLIC, '', 'g.example.org', '25', undefined ],
	[ '192.168.0.2', '', 'g.example.org', '25', undefined ],
	[ '2001:db8::7', '', 'g.example.org', '25', undefined ]
];

for (const row of KEEPALIVES) {
	const [ wan, local, remote, localKeepalive, remoteKeepalive ] = row;

	test(`keepalives with WAN ${wan} and endpoints '${local}', '${remote}'`, () => {
		const found = planned(
			{ wan: { addresses: [ wan ] }, endpoint: local }, { endpoint: remote });
		const sends = side => side.tunnel.peers[0].options.persistent_keepalive;

		assert.equal(sends(found.local), localKeepalive);
		assert.equal(sends(found.remote), remoteKeepalive);
	});
}

/* Overrides of the local and the remote site; field and severity of the problem. */
const PROBLEMS = [
	[ {}, { lans: [ '192.168.1.128/25' ] }, 'remoteLans', 'error' ],
	[ {}, { lans: [ '192.168.0.0/16' ] }, 'remoteLans', 'error' ],
	[ {}, { lans: [] }, 'remoteLans', 'error' ],
	[ {}, { lans: [ '192.168.2' ] }, 'remoteLans', 'error' ],
	[ { endpoint: '' }, {}, 'reachability', 'error' ],
	[ {}, { endpoint: 'a b' }, 'remoteEndpoint', 'error' ],
	[ { endpoint: 'a b' }, {}, 'localEndpoint', 'error' ],
	[ { lans: [ '192.168.1' ] }, {}, 'localLans', 'error' ],
	[ { wan: { addresses: [ SHARED ] } }, {}, 'localEndpoint', 'warning' ],
	[ { wan: { addresses: [] } }, {}, 'localEndpoint', 'warning' ],
	[ { wan: {} }, {}, 'localEndpoint', 'warning' ]
];

for (const [ local, remote, field, severity ] of PROBLEMS)
	test(`${severity} at ${field} for ${JSON.stringify([ local, remote ])}`, () => {
		assert.deepEqual(problems(local, remote), [ [ field, severity ] ]);
	});

test('third site is added to the existing tunnel', () => {
	const first = planned();
	const tunnels = [ first.local.tunnel ];
	const third = planned({ tunnels, tunnel: tunnels[0] },
		{ name: 'Hut', lans: [ '192.168.3.0/24' ] },
		{ ...KEYS, remote: { private: key('f'), public: key('g') } });

	assert.equal(third.local.tunnel.name, 'pywg0');
	assert.deepEqual(third.local.tunnel.peers.map(({ options }) => options.description),
		[ 'Grandma', 'Hut' ]);
	assert.deepEqual(third.remote.tunnel.options.addresses, [ '10.77.0.3/24' ]);
});

test('linked network and known key are rejected', () => {
	const tunnels = [ planned().local.tunnel ];

	assert.deepEqual(problems({ tunnels }),
		[ [ 'remoteLans', 'error' ], [ 'keys', 'error' ] ]);
});

test('second tunnel gets another name, port and network', () => {
	const tunnels = [ planned().local.tunnel ];
	const { local } = planned({ tunnels, networks: [ '192.168.1.1/24', '10.77.0.1/24' ] },
		{ lans: [ '192.168.3.0/24' ] },
		{ ...KEYS, remote: { private: key('f'), public: key('g') } });

	assert.equal(local.tunnel.name, 'pywg1');
	assert.equal(local.tunnel.options.listen_port, '51821');
	assert.deepEqual(local.tunnel.options.addresses, [ '10.77.1.1/24' ]);
});

test('tunnel network without free address is rejected', () => {
	const { local } = planned();
	const tunnel = {
		...local.tunnel,
		options: { ...local.tunnel.options, addresses: [ '10.9.0.1/30' ] },
		peers: [ { options: { public_key: key('z'), allowed_ips: [ '10.9.0.2/32' ] } } ]
	};

	assert.deepEqual(problems({ tunnels: [ tunnel ], tunnel }),
		[ [ 'addresses', 'error' ] ]);
});

/* The MTU of the uplink, and that of the remote side. */
const MTUS = [
	[ 1500, undefined ], [ 1492, '1412' ], [ 1460, '1380' ], [ 1300, '1280' ],
	[ undefined, undefined ]
];

for (const [ mtu, expected ] of MTUS)
	test(`MTU of the tunnel is ${expected} for an uplink with ${mtu}`, () => {
		const { remote } = planned({ wan: { addresses: [ PUBLIC ], mtu } });

		assert.equal(remote.tunnel.options.mtu, expected);
	});

test('remote side gets a zone, and a rule with the stock protocol', () => {
	const types = found => found.remote.firewall.map(({ type }) => type);
	const remote = { endpoint: 'g.example.org', port: '4500' };

	assert.deepEqual(types(planned({}, remote)), [ 'zone', 'forwarding', 'forwarding' ]);

	const stock = planned({}, { ...remote, proto: 'wireguard' });

	assert.deepEqual(types(stock), [ 'zone', 'forwarding', 'forwarding', 'rule' ]);
	assert.equal(stock.remote.firewall[3].options.dest_port, '4500');
	assert.equal(stock.remote.tunnel.options.listen_port, '4500');
	assert.equal(stock.local.tunnel.peers[0].options.endpoint_port, '4500');
});

test('remote side imports its configuration in any format', () => {
	const { remote } = planned();
	const importing = localSite({
		name: 'Grandma', lans: [ '192.168.2.0/24' ], networks: [ '192.168.2.1/24' ]
	});

	for (const format of [ 'conf', 'uci', 'qr' ]) {
		const text = importExport.write(remote.tunnel, format, remote.firewall);
		const [ tunnel ] = importExport.read(text, 'grandma.conf').tunnels;
		const found = plain(sitePlan.adopt(tunnel, importing));

		assert.deepEqual(found.problems, [], format);
		assert.equal(found.tunnel.proto, 'pywg');
		assert.deepEqual(found.tunnel.options, remote.tunnel.options, format);
		assert.equal(found.tunnel.peers[0].options.endpoint_host, 'home.example.org');
		assert.equal(found.firewall.zone, 'homes');
	}
});

test('configuration with conflicts is rejected', () => {
	const { remote } = planned({}, { endpoint: 'g.example.org' });
	const taken = {
		name: 'pywg0', proto: 'pywg', options: { listen_port: '51820' }, peers: []
	};
	const found = plain(sitePlan.adopt(remote.tunnel, localSite({
		networks: [ '192.168.1.1/24', '10.77.0.9/16' ], tunnels: [ taken ]
	})));

	assert.equal(found.tunnel.name, 'pywg1');
	assert.deepEqual(found.problems.map(({ field }) => field),
		[ 'remoteLans', 'remoteLans', 'addresses', 'port' ]);
});

test('local side is derived from the remote configuration', () => {
	const remoteTunnel = importExport.read(`[Interface]
PrivateKey = ${KEYS.remote.private}
Address = 10.5.0.1/24
ListenPort = 4500

[Peer]
PublicKey = ${KEYS.local.public}
PresharedKey = ${KEYS.preshared}
AllowedIPs = 10.5.0.9/32, 192.168.1.0/24
`).tunnels[0];
	const { tunnel, problems: found } = plain(sitePlan.planFromRemote(
		remoteTunnel, localSite({ endpoint: '' }),
		remoteSite({ endpoint: 'g.example.org' }), KEYS));

	assert.deepEqual(found, []);
	assert.deepEqual(tunnel.options,
		{ private_key: KEYS.local.private, addresses: [ '10.5.0.9/24' ] });
	assert.deepEqual(tunnel.peers[0].options, {
		public_key: KEYS.remote.public, preshared_key: KEYS.preshared,
		allowed_ips: [ '10.5.0.1/32', '192.168.2.0/24' ], route_allowed_ips: '1',
		endpoint_host: 'g.example.org', endpoint_port: '4500',
		persistent_keepalive: '25', description: 'Grandma'
	});
});

test('remote configuration without private key is rejected', () => {
	const [ remoteTunnel ] =
		importExport.read('[Interface]\nAddress = 10.5.0.1/24\n').tunnels;
	const { problems: found } = plain(sitePlan.planFromRemote(
		remoteTunnel, localSite(), remoteSite(), { ...KEYS, remote: { public: '' } }));

	assert.deepEqual(found.map(({ field, severity }) => [ field, severity ]),
		[ [ 'keys', 'error' ] ]);
});

test('remote configuration without this peer gives the next address', () => {
	const remoteTunnel = importExport.read(`[Interface]
PrivateKey = ${KEYS.remote.private}
Address = 10.5.0.1/24
`).tunnels[0];
	const { tunnel } = plain(sitePlan.planFromRemote(
		remoteTunnel, localSite(), remoteSite({ endpoint: 'g.example.org' }), KEYS));

	assert.deepEqual(tunnel.options.addresses, [ '10.5.0.2/24' ]);
});

test('configuration for a peer has its key and addresses', () => {
	const tunnel = {
		name: 'wg0', proto: 'pywg', peers: [],
		options: { addresses: [ '10.0.0.1/24', 'fd00::1/64' ], listen_port: '4711' }
	};
	const peer = {
		name: '',
		options: {
			public_key: KEYS.remote.public, private_key: KEYS.remote.private,
			allowed_ips: [ '10.0.0.2/32', 'fd00::2/128', '192.168.2.0/24' ]
		}
	};
	const made = remoteSide.make(tunnel, peer, {
		public_key: KEYS.local.public, endpoint: '2001:db8::1', allowed_ips: [ '::/0' ]
	});

	assert.equal(importExport.write(made, 'conf'), `[Interface]
PrivateKey = ${KEYS.remote.private}
Address = 10.0.0.2/24, fd00::2/64

[Peer]
PublicKey = ${KEYS.local.public}
AllowedIPs = ::/0
Endpoint = [2001:db8::1]:4711
`);
});

test('names of stored keys are not exported to a peer', () => {
	const tunnel = {
		name: 'wg0', proto: 'pywg', options: { addresses: [ '10.0.0.1/24' ] }, peers: []
	};
	const peer = {
		name: '',
		options: { allowed_ips: [ '10.0.0.2/32' ], preshared_key: 'kept:ours' }
	};
	const made = remoteSide.make(tunnel, peer, { public_key: KEYS.local.public });

	assert.doesNotMatch(importExport.write(made, 'uci'), /kept/);
});

function firewall(type, options, id) {
	return { package: 'firewall', type, name: '', id, options };
}

test('interface stays in its zone', () => {
	const sections = [ firewall('zone', { name: 'vpn', network: 'wan6 pywg0' }) ];

	assert.deepEqual(plain(firewallZone.propose(sections, 'pywg0', 'lan')),
		{ zone: 'vpn', join: null, add: [] });
});

test('existing zone is joined, and missing forwardings are added', () => {
	const sections = [
		firewall('zone', { name: 'inside', network: [ 'lan', 'guest' ] }, 'cfg1'),
		firewall('zone', { name: 'homes', network: [ 'pywg0' ] }, 'cfg2'),
		firewall('forwarding', { src: 'inside', dest: 'homes' }, 'cfg3')
	];
	const found = plain(firewallZone.propose(sections, 'pywg1', 'lan'));

	assert.equal(found.join, 'cfg2');
	assert.deepEqual(found.add.map(({ options }) => options),
		[ { src: 'homes', dest: 'inside' } ]);
});

test('new zone is created beside the zone of the LAN', () => {
	const sections = [ firewall('zone', { name: 'inside', network: [ 'lan' ] }) ];
	const { add } = plain(firewallZone.propose(sections, 'pywg0', 'lan'));

	assert.deepEqual(add.map(({ type }) => type), [ 'zone', 'forwarding', 'forwarding' ]);
	assert.deepEqual(add[1].options, { src: 'inside', dest: 'homes' });
	assert.deepEqual(add[0].options, {
		name: 'homes', input: 'ACCEPT', output: 'ACCEPT', forward: 'ACCEPT',
		mtu_fix: '1', network: [ 'pywg0' ]
	});
});
