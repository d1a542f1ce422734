/* The table of options: validation and canonical values. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { Realm } from '../luci.mjs';

const options = new Realm().require('pywg.config.options');

/* Table, option, text, canonical value; null for an invalid text. */
const ROWS = [
	[ 'INTERFACE', 'private_key', 'generate', 'generate' ],
	[ 'INTERFACE', 'private_key', '', null ],
	[ 'INTERFACE', 'listen_port', '0', '0' ],
	[ 'INTERFACE', 'listen_port', '65536', null ],
	[ 'INTERFACE', 'listen_port', '99999999999999999999999', null ],
	[ 'INTERFACE', 'listen_port', '-1', null ],
	[ 'INTERFACE', 'listen_port', '0x10', null ],
	[ 'INTERFACE', 'addresses', '10.0.0.1/24', [ '10.0.0.1/24' ] ],
	[ 'INTERFACE', 'addresses', 'fd00:0::1 10.0.0.1,', [ 'fd00::1/128', '10.0.0.1/32' ] ],
	[ 'INTERFACE', 'addresses', '10.0.0.1/24/24', null ],
	[ 'INTERFACE', 'mtu', '68', '68' ],
	[ 'INTERFACE', 'mtu', '67', null ],
	[ 'INTERFACE', 'fwmark', '0xFFFFFFFF', '0xffffffff' ],
	[ 'INTERFACE', 'fwmark', '0x100000000', null ],
	[ 'INTERFACE', 'fwmark', '4294967295', '0xffffffff' ],
	[ 'INTERFACE', 'fwmark', 'OFF', '0x0' ],
	[ 'INTERFACE', 'ip6prefix', '2001:db8::1/64,60', [ '2001:db8::/64,60' ] ],
	[ 'INTERFACE', 'ip6prefix', '2001:db8::/65', null ],
	[ 'INTERFACE', 'ip6prefix', '10.0.0.0/8', null ],
	[ 'INTERFACE', 'nohostroute', 'enabled', '1' ],
	[ 'INTERFACE', 'nohostroute', '2', null ],
	[ 'INTERFACE', 'max_peers', '0', null ],
	[ 'INTERFACE', 'max_peers', '1', '1' ],
	[ 'INTERFACE', 'max_peers', '65535', '65535' ],
	[ 'INTERFACE', 'max_peers', '65536', null ],
	[ 'INTERFACE', 'max_allowed_ips', '0', null ],
	[ 'INTERFACE', 'max_allowed_ips', '1', '1' ],
	[ 'INTERFACE', 'max_allowed_ips', '1048576', '1048576' ],
	[ 'INTERFACE', 'max_allowed_ips', '1048577', null ],
	[ 'INTERFACE', 'threads', '0', null ],
	[ 'INTERFACE', 'threads', '2', '2' ],
	[ 'INTERFACE', 'threads', '3', null ],
	[ 'INTERFACE', 'offloads', 'tso gro', [ 'tso', 'gro' ] ],
	[ 'INTERFACE', 'offloads', 'none', [ 'none' ] ],
	[ 'INTERFACE', 'offloads', 'tso lro', null ],
	[ 'PEER', 'persistent_keepalive', 'off', '0' ],
	[ 'PEER', 'persistent_keepalive', '65536', null ],
	[ 'PEER', 'endpoint_port', '0', null ],
	[ 'PEER', 'endpoint_host', '[2001:db8::1]', '2001:db8::1' ],
	[ 'PEER', 'endpoint_host', 'fe80::1%eth0', 'fe80::1%eth0' ],
	[ 'PEER', 'endpoint_host', 'router.', 'router.' ],
	[ 'PEER', 'endpoint_host', '10.1', null ],
	[ 'PEER', 'endpoint_host', 'a..b', null ],
	[ 'PEER', 'endpoint_host', `${'a'.repeat(64)}.org`, null ],
	[ 'PEER', 'endpoint_host', 'a b', null ],
	[ 'PEER', 'endpoint_host', '', null ],
	[ 'PEER', 'description', 'it\'s', 'it\'s' ]
];

for (const [ table, name, text, value ] of ROWS)
	test(`${name} '${text}' is ${value === null ? 'rejected' : 'accepted'}`, () => {
		const reason = options.reason(options[table], name, text);
		const row = options.row(options[table], name);

		assert.equal(reason === '', value !== null, reason);

		if (value !== null)
			assert.deepEqual(
				JSON.stringify(options.canonical(row, [ text ])), JSON.stringify(value));
	});

test('last value of a list is used for an option with a single value', () => {
	const row = options.row(options.INTERFACE, 'mtu');

	assert.equal(options.canonical(row, [ '1300', '1400' ]), '1400');
});
