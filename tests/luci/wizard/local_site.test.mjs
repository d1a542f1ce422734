/* The description of the local site. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { load, plain } from '../luci.mjs';

const localSite = load('pywg.wizard.local_site');

const LOOPBACK = {
	'interface': 'loopback', up: true, l3_device: 'lo',
	'ipv4-address': [ { address: '127.0.0.1', mask: 8 } ]
};
const LAN = {
	'interface': 'lan', up: true, l3_device: 'br-lan', route: [],
	'ipv4-address': [ { address: '192.168.1.1', mask: 24 } ],
	'ipv6-address': [ { address: 'fe80::1', mask: 64 } ],
	'ipv6-prefix-assignment': [
		{ address: 'fd00:1::', mask: 60, 'local-address': { address: 'fd00:1::1', mask: 60 } },
		{ address: '2001:db8::', mask: 60,
			'local-address': { address: '2001:db8::1', mask: 60 } },
		{ address: 'fd00:2::', mask: 60 }
	]
};
const WAN = {
	'interface': 'wan', up: true, l3_device: 'pppoe-wan',
	'ipv4-address': [ { address: '100.64.3.2', mask: 32 } ], 'ipv6-address': [],
	route: [ { target: '0.0.0.0', mask: 0, nexthop: '100.64.0.1' } ]
};
const GUEST = {
	'interface': 'guest', up: true, l3_device: 'br-guest',
	'ipv4-address': [ { address: '192.168.9.1', mask: 24 } ]
};
const DOWN = {
	'interface': 'iot', up: false,
	'ipv4-address': [ { address: '10.9.0.1', mask: 24 } ]
};
const TUNNEL = {
	name: 'wg0', proto: 'pywg', options: { addresses: [ '10.77.0.1/24' ] }, peers: []
};
const ZONE = { 'package': 'firewall', type: 'zone', name: '', id: 'cfg03', options: {} };

function described(interfaces, ...names) {
	return plain(localSite.describe({
		hostname: 'OpenWrt', interfaces, names, tunnels: [ TUNNEL ], firewall: [ ZONE ],
		mtus: { 'pppoe-wan': 1492, 'br-lan': 1500 }
	}));
}

test('router is described by its networks, uplink and tunnels', () => {
	const local = described([ LOOPBACK, GUEST, LAN, WAN, DOWN ]);

	assert.equal(local.name, 'OpenWrt');
	assert.equal(local.lan, 'lan');
	assert.deepEqual(local.lans, [ '192.168.1.0/24', 'fd00:1::/60' ]);
	assert.deepEqual(local.networks, [
		'192.168.9.1/24', '192.168.1.1/24', 'fd00:1::1/60', '2001:db8::1/60',
		'100.64.3.2/32', '10.77.0.1/24'
	]);
	assert.deepEqual(local.wan, { addresses: [ '100.64.3.2' ], mtu: 1492 });
	assert.deepEqual([ local.tunnels, local.tunnel ], [ [ TUNNEL ], null ]);
	assert.deepEqual(local.firewall, [ ZONE ]);
});

test('first network without a default route is the LAN if none is named lan', () => {
	assert.equal(described([ WAN, GUEST ]).lan, 'guest');
	assert.deepEqual(described([ WAN, GUEST ]).lans, [ '192.168.9.0/24' ]);
});

test('router without networks has no LAN prefixes', () => {
	const local = described([ LOOPBACK, DOWN ]);

	assert.equal(local.lan, 'lan');
	assert.deepEqual(local.lans, []);
	assert.deepEqual(local.wan, { addresses: [] });
});

test('tunnel interface is not taken for the LAN', () => {
	const tunnel = {
		'interface': 'wg0', up: true, l3_device: 'wg0',
		'ipv4-address': [ { address: '10.77.0.1', mask: 24 } ]
	};

	assert.equal(described([ tunnel, GUEST ]).lan, 'guest');
	assert.deepEqual(described([ tunnel, GUEST ]).networks,
		[ '10.77.0.1/24', '192.168.9.1/24' ]);
});

test('endpoint is a dynamic DNS name or a public address', () => {
	const reachable = {
		...WAN, 'ipv4-address': [ { address: '203.0.113.7', mask: 24 } ]
	};

	assert.equal(described([ LAN, reachable ], 'home.example.org').endpoint,
		'home.example.org');
	assert.equal(described([ LAN, reachable ]).endpoint, '203.0.113.7');
	assert.equal(described([ LAN, WAN ]).endpoint, '');
});
