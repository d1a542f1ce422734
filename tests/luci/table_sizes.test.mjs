/* The sizes of the tables, in the form of an interface and after an import. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { Realm } from './luci.mjs';
import { Page, missing } from './page.mjs';

const KEY = 'AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=';

/* An interface with peers, the first of which has all the allowed IPs. */
function sections(peers, allowedIps, type = 'pywg_wg0') {
	const ips = Array.from({ length: allowedIps }, (_ip, at) => `10.0.0.${at}/32`);

	return { network: [
		{ '.name': 'wg0', '.type': 'interface', proto: 'pywg', private_key: 'kept:x' },
		...Array.from({ length: peers }, (_peer, at) => ({
			'.name': `cfg${at}`, '.type': type, public_key: KEY,
			allowed_ips: at ? undefined : ips
		})),
		{ '.name': 'off', '.type': type, disabled: '1', allowed_ips: [ '10.1.0.0/16' ] },
		{ '.name': 'else', '.type': 'pywg_wg1', allowed_ips: [ '10.2.0.0/16' ] }
	] };
}

async function field(its, name) {
	const page = new Page(its, {
		'luci.pywg.keyPair': async () => ({}), 'luci.pywg.publicKey': async () => ({}),
		'pywg.wg0.status': async () => null
	});
	const section = new page.form.Section({}, 'wg0');

	page.require('pywg.forms.interface_form').add(section, {});

	return section.children.find(({ option }) => option === name);
}

/* Configured peers and allowed IPs, size of the table, is the size accepted? */
const SIZES = [
	[ 'N-1', 3, true ], [ 'N', 4, true ], [ 'N+1', 5, false ]
];

for (const [ id, count, isAccepted ] of SIZES)
	for (const type of [ 'pywg_wg0', 'wireguard_wg0' ])
		test(`table of 4 is ${isAccepted ? 'accepted' : 'rejected'} for ${id} ${type}`,
			{ skip: missing }, async () => {
				const peers = await field(sections(count, 1, type), 'max_peers');
				const ips = await field(sections(1, count, type), 'max_allowed_ips');

				for (const option of [ peers, ips ]) {
					const message = option.validate('wg0', '4');

					assert.equal(message === true, isAccepted, message);

					if (!isAccepted)
						assert.match(message, /too small: 5 (peers|allowed IPs) are/);
				}
			});

test('empty size is accepted, and one out of range is not', { skip: missing },
	async () => {
		const option = await field(sections(9, 9), 'max_peers');

		assert.equal(option.validate('wg0', ''), true);
		assert.match(option.validate('wg0', '0'), /1/);
		assert.match(option.validate('wg0', '65536'), /65535/);
		assert.match(option.validate('wg0', 'many'), /many/);
	});

test('wrong allowed IP of a file is left out and the others are imported', () => {
	const found = new Realm().require('pywg.config.import_export').read([
		'[Interface]', 'PrivateKey = ' + KEY, '[Peer]', 'PublicKey = ' + KEY,
		'AllowedIPs = 10.0.0.0/8, 10.1.0.0/33', 'AllowedIPs = 10.2, fd00::/64'
	].join('\n'), 'x.conf');
	const [ peer ] = found.tunnels[0].peers;

	assert.deepEqual([ ...peer.options.allowed_ips ], [ '10.0.0.0/8', 'fd00::/64' ]);
	assert.deepEqual([ ...found.complaints ].map(({ severity, line }) =>
		`${line}: ${severity}`), [ '5: allowed IP left out', '6: allowed IP left out' ]);
});
