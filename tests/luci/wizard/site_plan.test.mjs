/* The assistant: both sides of a link between two homes. */

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

function home(differing) {
	return {
		name: 'Home', lans: [ '192.168.1.0/24' ],
		networks: [ '192.168.1.1/24', '203.0.113.7/24' ],
		wan: { addresses: [ PUBLIC ], mtu: 1500 }, endpoint: 'home.example.org',
		tunnels: [], tunnel: null, firewall: [], lan: 'lan', ...differing
	};
}

function grandma(differing) {
	return {
		name: 'Grandma', lans: [ '192.168.2.7/24' ], endpoint: '', port: '', ...differing
	};
}

function planned(local, remote, keys) {
	const found = sitePlan.plan(home(local), grandma(remote), keys ?? KEYS);

	assert.deepEqual(
		plain(found.problems.filter(one => one.severity === 'error')), []);

	return plain(found);
}

function problems(local, remote, keys) {
	const found = sitePlan.plan(home(local), grandma(remote), keys ?? KEYS);

	return plain(found.problems).map(one => [ one.field, one.severity ]);
}

test('both sides say of each other what the other is', () => {
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

/* Where this router is, our endpoint, theirs; who sends keepalives: here, there. */
const KEEPALIVES = [
	[ PUBLIC, 'home.example.org', '', undefined, '25' ],
	[ PUBLIC, 'home.example.org', 'g.example.org', undefined, undefined ],
	[ SHARED, '', 'g.example.org', '25', undefined ],
	[ SHARED, 'home.example.org', 'g.example.org', '25', undefined ],
	[ PUBLIC, '', 'g.example.org', '25', undefined ],
	[ '192.168.0.2', '', 'g.example.org', '25', undefined ],
	[ '2001:db8::7', '', 'g.example.org', '25', undefined ]
];

for (const [ number, row ] of KEEPALIVES.entries()) {
	const [ wan, local, remote, localKeepalive, remoteKeepalive ] = row;

	test(`keepalive ${number}: ${wan}, '${local}', '${remote}'`, () => {
		const found = planned(
			{ wan: { addresses: [ wan ] }, endpoint: local }, { endpoint: remote });
		const sends = side => side.tunnel.peers[0].options.persistent_keepalive;

		assert.equal(sends(found.local), localKeepalive);
		assert.equal(sends(found.remote), remoteKeepalive);
	});
}

/* What differs here and there; where the problem is. */
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

for (const [ number, [ local, remote, field, severity ] ] of PROBLEMS.entries())
	test(`problem ${number}: ${JSON.stringify([ local, remote ])}`, () => {
		assert.deepEqual(problems(local, remote), [ [ field, severity ] ]);
	});

test('a third home is added to the tunnel that is there', () => {
	const first = planned();
	const tunnels = [ first.local.tunnel ];
	const third = planned({ tunnels, tunnel: tunnels[0] },
		{ name: 'Hut', lans: [ '192.168.3.0/24' ] },
		{ ...KEYS, remote: { private: key('f'), public: key('g') } });

	assert.equal(third.local.tunnel.name, 'pywg0');
	assert.deepEqual(third.local.tunnel.peers.map(one => one.options.description),
		[ 'Grandma', 'Hut' ]);
	assert.deepEqual(third.remote.tunnel.options.addresses, [ '10.77.0.3/24' ]);
});

test('a home that is linked already, and a key that is known, are refused', () => {
	const tunnels = [ planned().local.tunnel ];

	assert.deepEqual(problems({ tunnels }),
		[ [ 'remoteLans', 'error' ], [ 'keys', 'error' ] ]);
});

test('another tunnel gets another name, port and network', () => {
	const tunnels = [ planned().local.tunnel ];
	const { local } = planned({ tunnels, networks: [ '192.168.1.1/24', '10.77.0.1/24' ] },
		{ lans: [ '192.168.3.0/24' ] },
		{ ...KEYS, remote: { private: key('f'), public: key('g') } });

	assert.equal(local.tunnel.name, 'pywg1');
	assert.equal(local.tunnel.options.listen_port, '51821');
	assert.deepEqual(local.tunnel.options.addresses, [ '10.77.1.1/24' ]);
});

test('a tunnel without an address left is said to be full', () => {
	const { local } = planned();
	const tunnel = {
		...local.tunnel,
		options: { ...local.tunnel.options, addresses: [ '10.9.0.1/30' ] },
		peers: [ { options: { public_key: key('z'), allowed_ips: [ '10.9.0.2/32' ] } } ]
	};

	assert.deepEqual(problems({ tunnels: [ tunnel ], tunnel }),
		[ [ 'addresses', 'error' ] ]);
});

/* The MTU of the way out, and what is told the other side. */
const MTUS = [
	[ 1500, undefined ], [ 1492, '1412' ], [ 1460, '1380' ], [ 1300, '1280' ],
	[ undefined, undefined ]
];

for (const [ number, [ mtu, expected ] ] of MTUS.entries())
	test(`MTU ${number}: ${mtu}`, () => {
		const { remote } = planned({ wan: { addresses: [ PUBLIC ], mtu } });

		assert.equal(remote.tunnel.options.mtu, expected);
	});

test('the other home gets a zone, and the stock protocol a rule besides', () => {
	const types = found => found.remote.firewall.map(one => one.type);
	const there = { endpoint: 'g.example.org', port: '4500' };

	assert.deepEqual(types(planned({}, there)), [ 'zone', 'forwarding', 'forwarding' ]);

	const stock = planned({}, { ...there, proto: 'wireguard' });

	assert.deepEqual(types(stock), [ 'zone', 'forwarding', 'forwarding', 'rule' ]);
	assert.equal(stock.remote.firewall[3].options.dest_port, '4500');
	assert.equal(stock.remote.tunnel.options.listen_port, '4500');
	assert.equal(stock.local.tunnel.peers[0].options.endpoint_port, '4500');
});

test('the other home takes what was made for it, in either format', () => {
	const { remote } = planned();
	const there = home({
		name: 'Grandma', lans: [ '192.168.2.0/24' ], networks: [ '192.168.2.1/24' ]
	});

	for (const format of [ 'conf', 'uci', 'qr' ]) {
		const text = importExport.write(remote.tunnel, format, remote.firewall);
		const [ tunnel ] = importExport.read(text, 'grandma.conf').tunnels;
		const found = plain(sitePlan.adopt(tunnel, there));

		assert.deepEqual(found.problems, [], format);
		assert.equal(found.tunnel.proto, 'pywg');
		assert.deepEqual(found.tunnel.options, remote.tunnel.options, format);
		assert.equal(found.tunnel.peers[0].options.endpoint_host, 'home.example.org');
		assert.equal(found.firewall.zone, 'homes');
	}
});

test('what was made for another home is not taken where it cannot work', () => {
	const { remote } = planned({}, { endpoint: 'g.example.org' });
	const taken = {
		name: 'pywg0', proto: 'pywg', options: { listen_port: '51820' }, peers: []
	};
	const found = plain(sitePlan.adopt(remote.tunnel, home({
		networks: [ '192.168.1.1/24', '10.77.0.9/16' ], tunnels: [ taken ]
	})));

	assert.equal(found.tunnel.name, 'pywg1');
	assert.deepEqual(found.problems.map(one => one.field),
		[ 'remoteLans', 'remoteLans', 'addresses', 'port' ]);
});

test('from the other side\'s own configuration comes ours', () => {
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
		remoteTunnel, home({ endpoint: '' }), grandma({ endpoint: 'g.example.org' }), KEYS));

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

test('settings without a key of their router are of no use', () => {
	const remoteTunnel = importExport.read('[Interface]\nAddress = 10.5.0.1/24\n').tunnels[0];
	const { problems: found } = plain(sitePlan.planFromRemote(
		remoteTunnel, home(), grandma(), { ...KEYS, remote: { public: '' } }));

	assert.deepEqual(found.map(one => [ one.field, one.severity ]),
		[ [ 'keys', 'error' ] ]);
});

test('a configuration that does not know us yet leaves us the next address', () => {
	const remoteTunnel = importExport.read(`[Interface]
PrivateKey = ${KEYS.remote.private}
Address = 10.5.0.1/24
`).tunnels[0];
	const { tunnel } = plain(sitePlan.planFromRemote(
		remoteTunnel, home(), grandma({ endpoint: 'g.example.org' }), KEYS));

	assert.deepEqual(tunnel.options.addresses, [ '10.5.0.2/24' ]);
});

test('a peer\'s own file has what the router knows of it', () => {
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

test('what the router keeps cannot be given away', () => {
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

test('a tunnel that is in a zone stays there', () => {
	const sections = [ firewall('zone', { name: 'vpn', network: 'wan6 pywg0' }) ];

	assert.deepEqual(plain(firewallZone.propose(sections, 'pywg0', 'lan')),
		{ zone: 'vpn', join: null, add: [] });
});

test('a zone that is there is joined, and what it lacks is added', () => {
	const sections = [
		firewall('zone', { name: 'inside', network: [ 'lan', 'guest' ] }, 'cfg1'),
		firewall('zone', { name: 'homes', network: [ 'pywg0' ] }, 'cfg2'),
		firewall('forwarding', { src: 'inside', dest: 'homes' }, 'cfg3')
	];
	const found = plain(firewallZone.propose(sections, 'pywg1', 'lan'));

	assert.equal(found.join, 'cfg2');
	assert.deepEqual(found.add.map(one => one.options),
		[ { src: 'homes', dest: 'inside' } ]);
});

test('without a zone, one is made beside the home\'s own', () => {
	const sections = [ firewall('zone', { name: 'inside', network: [ 'lan' ] }) ];
	const { add } = plain(firewallZone.propose(sections, 'pywg0', 'lan'));

	assert.deepEqual(add.map(one => one.type), [ 'zone', 'forwarding', 'forwarding' ]);
	assert.deepEqual(add[1].options, { src: 'inside', dest: 'homes' });
	assert.deepEqual(add[0].options.network, [ 'pywg0' ]);
});
