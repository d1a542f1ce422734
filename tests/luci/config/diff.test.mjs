/* The difference between a tunnel and an imported one. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { Realm, plain } from '../luci.mjs';

const realm = new Realm();
const diff = realm.require('pywg.config.diff');
const importExport = realm.require('pywg.config.import_export');
const uciTunnel = realm.require('pywg.config.uci_tunnel');

const KEYS = [ 'A', 'B', 'C', 'D' ].map(digit => `${digit.repeat(42)}A=`);

/* The result of LuCI's uci.sections('network'). */
const SECTIONS = [
	{ '.type': 'interface', '.name': 'lan', '.anonymous': false, '.index': 0,
		proto: 'static' },
	{ '.type': 'interface', '.name': 'wg0', '.anonymous': false, '.index': 1,
		proto: 'pywg', private_key: KEYS[0], addresses: [ '10.0.0.1/24' ], mtu: '1400',
		defaultroute: '0' },
	{ '.type': 'pywg_wg0', '.name': 'cfg01', '.anonymous': true, '.index': 2,
		public_key: KEYS[1], allowed_ips: [ '10.0.0.2/32', '10.2.0.0/16' ],
		description: 'Alice', private_key: KEYS[3] },
	{ '.type': 'pywg_wg0', '.name': 'bob', '.anonymous': false, '.index': 3,
		public_key: KEYS[2], allowed_ips: '10.0.0.3/32' }
];

function current() {
	return uciTunnel.read(uciTunnel.fromLuci(SECTIONS)).tunnels[0];
}

function imported(text) {
	return importExport.read(text, 'wg0.conf').tunnels[0];
}

function shown(before, after) {
	return plain(diff.between(before, after)).filter(({ kind }) => kind !== 'unchanged')
		.map(({ kind, title, lines }) => [ kind, title, ...lines
			.filter(line => line.sign !== ' ').map(line => line.sign + line.text) ]);
}

const WHOLE = `[Interface]
PrivateKey = ${KEYS[3]}
Address = 10.0.0.1/24

[Peer]
PublicKey = ${KEYS[1]}
AllowedIPs = 10.0.0.2/32, 10.3.0.0/16
`;

const ALONE = `[Peer]
# Carol
PublicKey = ${KEYS[0]}
AllowedIPs = 10.0.0.4/32
`;

test('sections of LuCI are read with their ids', () => {
	const tunnel = plain(current());

	assert.equal(tunnel.name, 'wg0');
	assert.deepEqual(tunnel.peers.map(({ id, name }) => [ id, name ]),
		[ [ 'cfg01', '' ], [ 'bob', 'bob' ] ]);
	assert.deepEqual(tunnel.peers[1].options.allowed_ips, [ '10.0.0.3/32' ]);
});

test('whole file replaces interface and peers, except unlisted options', () => {
	const before = current();
	const after = diff.merge(before, imported(WHOLE));

	assert.deepEqual(shown(before, after), [
		[
			'changed', 'Interface wg0', '-private_key: ••••••••',
			'+private_key: ••••••••', '-mtu: 1400'
		],
		[
			'changed', 'Peer Alice', '-allowed_ips: 10.2.0.0/16',
			'+allowed_ips: 10.3.0.0/16', '+route_allowed_ips: 1'
		],
		[
			'removed', `Peer ${KEYS[2]}`, `-public_key: ${KEYS[2]}`,
			'-allowed_ips: 10.0.0.3/32'
		]
	]);
});

test('single peer is added to the existing peers', () => {
	const before = current();
	const after = diff.merge(before, imported(ALONE));

	assert.deepEqual(shown(before, after), [ [
		'added', 'Peer Carol', `+public_key: ${KEYS[0]}`, '+allowed_ips: 10.0.0.4/32',
		'+route_allowed_ips: 1', '+description: Carol'
	] ]);
});

test('single peer updates the existing peer with its key', () => {
	const before = current();
	const after = diff.merge(before, imported(ALONE.replace(KEYS[0], KEYS[1])));

	assert.equal(after.peers.length, 2);
	assert.equal(after.peers[0].id, 'cfg01');
	assert.equal(after.peers[0].options.description, 'Carol');
	assert.equal(after.peers[0].options.private_key, KEYS[3]);
});

test('identical tunnel changes nothing', () => {
	const before = current();

	assert.deepEqual(shown(before, current()), []);
	assert.deepEqual(plain(diff.steps(before, current())), []);
});

test('steps set, add and remove sections', () => {
	const before = current();
	const after = diff.merge(before, imported(WHOLE + ALONE));

	assert.deepEqual(plain(diff.steps(before, after)), [
		{ action: 'set', id: 'wg0', options: { private_key: KEYS[3], mtu: null } },
		{
			action: 'set', id: 'cfg01',
			options: {
				allowed_ips: [ '10.0.0.2/32', '10.3.0.0/16' ], route_allowed_ips: '1'
			}
		},
		{
			action: 'add', type: 'pywg_wg0', name: '',
			options: {
				public_key: KEYS[0], allowed_ips: [ '10.0.0.4/32' ],
				route_allowed_ips: '1', description: 'Carol'
			}
		},
		{ action: 'remove', id: 'bob' }
	]);
});

test('imported stock interface becomes one with protocol pywg', () => {
	const text = 'config interface vpn\n option proto wireguard\n' +
		`config wireguard_vpn\n option public_key ${KEYS[1]}`;
	const after = diff.merge(null, importExport.read(text).tunnels[0]);

	const steps = plain(diff.steps(null, after));

	assert.deepEqual(steps.map(({ type, name }) => [ type, name ]),
		[ [ 'interface', 'vpn' ], [ 'pywg_vpn', '' ] ]);
	assert.equal(steps[0].options.proto, 'pywg');
});

test('applied steps give the merged tunnel', () => {
	const uci = new Uci(SECTIONS);
	const before = current();
	const after = diff.merge(before, imported(WHOLE + ALONE));

	diff.apply(uci, diff.steps(before, after), 'network');

	const [ done ] = uciTunnel.read(uciTunnel.fromLuci(uci.sections)).tunnels;

	assert.deepEqual(plain(uciTunnel.write(done)), plain(uciTunnel.write(after)));
});

/* The part of LuCI's uci that stores sections. */
class Uci {
	constructor(sections) {
		this.sections = structuredClone(sections);
	}

	add(config, type, name) {
		const id = name ?? `new${this.sections.length}`;

		this.sections.push({ '.type': type, '.name': id, '.anonymous': !name });

		return id;
	}

	set(config, id, name, value) {
		const section = this.sections.find(entry => entry['.name'] === id);

		section[name] = value;

		if (value === null)
			delete section[name];
	}

	remove(config, id) {
		this.sections = this.sections.filter(entry => entry['.name'] !== id);
	}
}
