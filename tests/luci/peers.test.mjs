/* Peers beside each other. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { load, plain } from './luci.mjs';

const peers = load('pywg.peers');

function peer(description, ...allowed) {
	return { name: '', options: { description, allowed_ips: allowed } };
}

function overlaps(all, index) {
	return plain(peers.overlapsOf(all, index)).map(one => [ one.severity, one.reason ]);
}

test('of the same allowed IP, the later peer gets all', () => {
	const all = [ peer('Alice', '10.0.0.0/24' ), peer('Bob', '10.0.0.9/24') ];

	assert.deepEqual(overlaps(all, 0),
		[ [ 'error', '10.0.0.0/24 belongs to Bob too, which gets all of it' ] ]);
	assert.deepEqual(overlaps(all, 1),
		[ [ 'error', '10.0.0.0/24 belongs to Alice too, which gets nothing of it' ] ]);
});

test('of two that overlap, the longer prefix decides', () => {
	const all = [ peer('Alice', '10.0.0.0/8' ), peer('Bob', '10.0.0.9/32') ];

	assert.deepEqual(overlaps(all, 0), [ [
		'warning', '10.0.0.0/8 meets 10.0.0.9/32 of Bob: the longer prefix decides'
	] ]);
	assert.deepEqual(overlaps(all, 1), [ [
		'warning', '10.0.0.9/32 meets 10.0.0.0/8 of Alice: the longer prefix decides'
	] ]);
});

test('who is disabled, or apart, meets nobody', () => {
	const disabled = peer('Carol', '10.0.0.0/24');
	const all = [ peer('Alice', '10.0.0.0/24'), peer('Bob', '10.0.1.0/24'), disabled ];

	disabled.options.disabled = '1';

	assert.deepEqual([ 0, 1, 2 ].flatMap(index => overlaps(all, index)), []);
});

test('a peer without a description is called by its key', () => {
	assert.equal(peers.name(peer('Alice')), 'Alice');
	assert.equal(
		peers.name({ options: { public_key: 'AQEBAQEBAQEBAQE=' } }), 'AQEBAQEB…');
	assert.equal(peers.name({ options: {} }), '');
});

test('the next address is beside all peers, the disabled too', () => {
	const tunnel = {
		options: { addresses: [ '10.0.0.1/24' ] },
		peers: [ peer('Alice', '10.0.0.2/32'), { options: { disabled: '1',
			allowed_ips: [ '10.0.0.3/32' ] } }, { options: {} } ]
	};

	assert.deepEqual(plain(peers.nextAddresses(tunnel)), [ '10.0.0.4/32' ]);
});
