/* Addresses and prefixes, and the allocation of free ones. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { load, plain } from '../luci.mjs';

const address = load('pywg.config.address');

function formatted(text) {
	const found = address.parse(text);

	return found && address.format(found);
}

/* Text, and its canonical form; null for an invalid address. */
const ADDRESSES = [
	[ '0.0.0.0', '0.0.0.0' ],
	[ '255.255.255.255', '255.255.255.255' ],
	[ '256.0.0.0', null ],
	[ '1.2.3', null ],
	[ '1.2.3.4.5', null ],
	[ '01.2.3.4', null ],
	[ '1.2.3.', null ],
	[ ' 1.2.3.4', null ],
	[ '', null ],
	[ '::', '::' ],
	[ '::1', '::1' ],
	[ '1::', '1::' ],
	[ '2001:DB8:0:0:0:0:0:1', '2001:db8::1' ],
	[ '2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1' ],
	[ '2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1' ],
	[ '2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1' ],
	[ '1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0' ],
	[ '::ffff:192.0.2.1', '::ffff:192.0.2.1' ],
	[ '64:ff9b::192.0.2.33', '64:ff9b::c000:221' ],
	[ '1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8' ],
	[ '1:2:3:4:5:6:7:8:9', null ],
	[ '1:2:3:4:5:6:7', null ],
	[ '1:2:3:4::5:6:7:8', null ],
	[ '1::2::3', null ],
	[ '12345::', null ],
	[ 'g::', null ],
	[ ':::', null ],
	[ ':1:2:3:4:5:6:7', null ],
	[ '1.2.3.4::', null ],
	[ '::1.2.3.256', null ],
	[ '::1.2.3.4:5', null ],
	[ 'fe80::1%eth0', null ]
];

for (const [ text, expected ] of ADDRESSES)
	test(`address '${text}' is parsed and formatted`, () => {
		assert.equal(formatted(text), expected);
	});

/* Text, the prefix with its host bits, and without. */
const PREFIXES = [
	[ '10.0.0.1/24', '10.0.0.1/24', '10.0.0.0/24' ],
	[ '10.0.0.1', '10.0.0.1/32', '10.0.0.1/32' ],
	[ '10.0.0.1/0', '10.0.0.1/0', '0.0.0.0/0' ],
	[ 'fd00::1/64', 'fd00::1/64', 'fd00::/64' ],
	[ 'fd00::1', 'fd00::1/128', 'fd00::1/128' ],
	[ '10.0.0.1/33', null, null ],
	[ '10.0.0.1/', null, null ],
	[ '10.0.0.1/024', null, null ],
	[ '10.0.0.1/24/1', null, null ],
	[ '/24', null, null ]
];

for (const [ text, interfaceText, networkText ] of PREFIXES)
	test(`prefix '${text}' is parsed and formatted`, () => {
		const own = address.parseInterface(text), net = address.parsePrefix(text);

		assert.equal(own && address.formatPrefix(own), interfaceText);
		assert.equal(net && address.formatPrefix(net), networkText);
	});

/* Two prefixes; whether the first contains the second; whether they overlap. */
const OVERLAPS = [
	[ '10.0.0.0/8', '10.1.0.0/16', true, true ],
	[ '10.1.0.0/16', '10.0.0.0/8', false, true ],
	[ '10.0.0.0/24', '10.0.1.0/24', false, false ],
	[ '0.0.0.0/0', '192.0.2.1', true, true ],
	[ '0.0.0.0/0', '::/0', false, false ],
	[ 'fd00::/8', 'fd12::/16', true, true ]
];

for (const [ firstText, secondText, contains, overlaps ] of OVERLAPS)
	test(`overlap of ${firstText} and ${secondText} is detected`, () => {
		const [ first, second ] = [ firstText, secondText ].map(address.parsePrefix);

		assert.equal(address.contains(first, second), contains);
		assert.equal(address.overlaps(first, second), overlaps);
	});

/* Address, and whether it is not reachable from the internet. */
const SCOPES = [
	[ '192.168.1.2', true ], [ '100.64.0.1', true ], [ '100.127.255.255', true ],
	[ '100.128.0.0', false ], [ '172.32.0.1', false ], [ '172.31.0.1', true ],
	[ '203.0.113.1', false ], [ 'fe80::1', true ], [ 'fd00::1', true ],
	[ '2001:db8::1', false ]
];

for (const [ text, expected ] of SCOPES)
	test(`${text} is ${expected ? 'private' : 'public'}`, () => {
		assert.equal(address.isPrivate(address.parse(text)), expected);
	});

test('overlapping networks of two sites are found', () => {
	assert.deepEqual(
		plain(address.findOverlaps(
			[ '192.168.1.1/24', 'fd00::1/48', '10.0.0.0/8' ],
			[ '192.168.1.128/25', 'fd00:0:0:1::/64', '172.16.0.0/12', 'nonsense' ])),
		[
			{ local: '192.168.1.0/24', remote: '192.168.1.128/25' },
			{ local: 'fd00::/48', remote: 'fd00:0:0:1::/64' }
		]);
});

test('overlapping allowed IPs are found, except with default routes', () => {
	assert.deepEqual(
		plain(address.findPeerOverlaps([
			[ '10.0.0.0/24', '0.0.0.0/0' ], [ '10.0.0.7/32' ], [ '10.0.0.0/24' ],
			[ '0.0.0.0/0' ]
		])),
		[
			{
				peer: 1, otherPeer: 0, prefix: '10.0.0.7/32', otherPrefix: '10.0.0.0/24',
				isSame: false
			},
			{
				peer: 2, otherPeer: 0, prefix: '10.0.0.0/24', otherPrefix: '10.0.0.0/24',
				isSame: true
			},
			{
				peer: 2, otherPeer: 1, prefix: '10.0.0.0/24', otherPrefix: '10.0.0.7/32',
				isSame: false
			},
			{
				peer: 3, otherPeer: 0, prefix: '0.0.0.0/0', otherPrefix: '0.0.0.0/0',
				isSame: true
			}
		]);
});

/* Addresses of the interface, allowed IPs of the peers, and the free addresses. */
const FREE = [
	[ [ '10.0.0.1/24' ], [], [ '10.0.0.2/32' ] ],
	[ [ '10.0.0.1/24' ], [ '10.0.0.2/32', '10.0.0.4/32' ], [ '10.0.0.3/32' ] ],
	[ [ '10.0.0.9/24' ], [], [ '10.0.0.1/32' ] ],
	[ [ '10.0.0.1/24' ], [ '10.0.0.0/29' ], [ '10.0.0.8/32' ] ],
	[ [ '10.0.0.1/24' ], [ '0.0.0.0/0', '10.0.0.0/24' ], [ '10.0.0.2/32' ] ],
	[ [ '10.0.0.1/30' ], [ '10.0.0.2/32' ], [] ],
	[ [ '10.0.0.0/31' ], [], [ '10.0.0.1/32' ] ],
	[ [ '10.0.0.1/32' ], [], [] ],
	[ [ '10.0.0.1/24', 'fd00::1/64' ], [ 'fd00::2/128' ],
		[ '10.0.0.2/32', 'fd00::3/128' ] ],
	[ [ 'fd00::1/64' ], [ 'fd00::/65' ], [ 'fd00::8000:0:0:0/128' ] ],
	[ [ 'nonsense' ], [], [] ]
];

for (const [ own, allowed, expected ] of FREE)
	test(`free address for ${own} with allowed IPs [${allowed}]`, () => {
		assert.deepEqual(plain(address.nextAddresses(own, allowed)), expected);
	});

test('next port is the first unused one', () => {
	assert.equal(address.nextPort([]), 51820);
	assert.equal(address.nextPort([ '51820', 51821, '51823' ]), 51822);
	assert.equal(address.nextPort([ '4500' ], 4500), 4501);
	assert.equal(address.nextPort([ '65535' ], 65535), 65535);
});

test('free network overlaps no used network', () => {
	assert.equal(address.freeNetwork([]), '10.77.0.0/24');
	assert.equal(address.freeNetwork([ '10.77.0.9/25', '0.0.0.0/0' ]), '10.77.1.0/24');
	assert.equal(address.freeNetwork([ '10.0.0.0/8' ]), '172.31.0.0/24');
	assert.equal(address.freeNetwork([ '10.0.0.0/8', '172.16.0.0/12' ]), null);
});
