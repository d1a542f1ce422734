/* Import and export, by the cases that Python reads as well. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import { Realm, plain } from '../luci.mjs';

const realm = new Realm();
const importExport = realm.require('pywg.config.import_export');
const uciText = realm.require('pywg.config.uci_text');
const uciTunnel = realm.require('pywg.config.uci_tunnel');

function cases(name) {
	return JSON.parse(readFileSync(new URL(`../cases/${name}.json`, import.meta.url)));
}

function lines(text) {
	return text.trim().split('\n');
}

function uciOf(tunnels) {
	return lines(uciText.format(tunnels.flatMap(one => plain(uciTunnel.write(one)))
		.map(section => ({ ...section, package: '' }))));
}

for (const [ number, row ] of cases('conf').entries())
	test(`conf ${number}: ${row.name}`, () => {
		const found = plain(importExport.read(row.text.join('\n'), row.file));

		assert.equal(found.format, 'conf');
		assert.deepEqual(
			found.complaints.map(one => [ one.severity, one.line, one.option ]),
			row.complaints);

		if (row.uci.length) {
			assert.deepEqual(uciOf(found.tunnels), row.uci);
			assert.deepEqual(
				lines(importExport.write(found.tunnels[0], 'conf')), row.conf);
		}
	});

for (const [ number, row ] of cases('uci').entries())
	test(`uci ${number}: ${row.name}`, () => {
		const found = plain(importExport.read(row.text.join('\n'), ''));
		const place = one => one.section ? one.option : one.line;

		assert.equal(found.format, 'uci');
		assert.deepEqual(
			found.complaints.map(one => [ one.severity, one.section, place(one) ]),
			row.complaints);

		if (row.uci.length)
			assert.deepEqual(uciOf(found.tunnels), row.uci.join('\n').split('\n'));
	});

test('what was exported is read as the same, in either format', () => {
	for (const row of cases('conf').filter(one => one.uci.length)) {
		const [ tunnel ] = importExport.read(row.text.join('\n'), row.file).tunnels;

		for (const format of [ 'conf', 'uci' ]) {
			const again = importExport.read(importExport.write(tunnel, format), row.file);

			assert.deepEqual(uciOf(again.tunnels), row.uci, row.name);
		}
	}
});

test('a text that was on Windows is read as it is', () => {
	const row = cases('conf')[0];
	const found = importExport.read(
		'\ufeff' + row.text.join('\r\n'), `C:\\keys\\${row.file}`);

	assert.deepEqual(uciOf(found.tunnels), row.uci);
});

test('what is no configuration is said to be none', () => {
	for (const text of [ '', '\n', '# nothing', 'config system' ]) {
		const { tunnels, complaints } = plain(importExport.read(text));

		assert.deepEqual(tunnels, [], text);
		assert.equal(complaints.length, 1, text);
		assert.match(complaints[0].reason, /no \[Interface\]/);
	}
});

test('peers whose interface is not in the text stand by themselves', () => {
	const [ , peers ] = cases('uci')[1].text.join('\n').split('\n\n');
	const { tunnels } = plain(importExport.read(peers));

	assert.equal(tunnels.length, 1);
	assert.equal(tunnels[0].name, 'wg0');
	assert.equal(tunnels[0].options, null);
	assert.equal(tunnels[0].peers[0].options.description, 'Alice');
});

test('packages are told apart, and the firewall goes along', () => {
	const row = cases('uci')[1];
	const [ tunnel ] = importExport.read(row.text.join('\n')).tunnels;
	const zone = {
		package: 'firewall', type: 'zone', name: 'wg0', options: { network: [ 'wg0' ] }
	};
	const text = importExport.write(tunnel, 'uci', [ zone ]);
	const found = plain(importExport.read(text));

	assert.match(text, /^cat >>\/etc\/config\/network <<'END'\n\nconfig interface 'wg0'/);
	assert.match(text, /\n\nEND\ncat >>\/etc\/config\/firewall <<'END'\n\nconfig zone /);
	assert.match(text, /\n\nEND\nreload_config\n$/);
	assert.deepEqual(found.complaints, []);
	assert.deepEqual(uciOf(found.tunnels), row.uci);
	assert.deepEqual(found.firewall.map(one => one.options), [ zone.options ]);
});

test('packages of `uci export` are told apart too', () => {
	const text = 'package network\n\nconfig interface wg0\n option proto pywg\n' +
		'package firewall\n\nconfig zone wg0\n option name vpn\n';
	const found = plain(importExport.read(text));

	assert.deepEqual(found.tunnels.map(one => one.name), [ 'wg0' ]);
	assert.deepEqual(found.firewall.map(one => one.options), [ { name: 'vpn' } ]);
});

test('no value ends what a shell is to append, and lines keep their numbers', () => {
	const row = cases('uci')[1];
	const [ tunnel ] = importExport.read(row.text.join('\n')).tunnels;

	tunnel.peers[0].options.description = 'a\nEND\nreload_config\ncat >>/etc/config/x';

	const text = importExport.write(tunnel, 'uci');
	const found = importExport.read(text);

	assert.match(text, /^cat >>\/etc\/config\/network <<'END_'$/m);
	assert.deepEqual(plain(found.complaints), []);
	assert.equal(found.tunnels[0].peers[0].options.description,
		tunnel.peers[0].options.description);
	const { complaints } = importExport.read(text.replace('option mtu', 'option mtus'));

	assert.equal(complaints[0].line,
		text.split('\n').findIndex(line => line.includes('mtu')) + 1);
});

test('a QR code carries no comment, and no file a disabled peer', () => {
	const [ tunnel ] = importExport.read(cases('conf')[0].text.join('\n')).tunnels;
	const disabled = { ...tunnel.peers[0].options, disabled: '1' };

	assert.doesNotMatch(importExport.write(tunnel, 'qr'), /#/);
	assert.doesNotMatch(
		importExport.write({ ...tunnel, peers: [ { options: disabled } ] }, 'conf'),
		/Peer/);
});

test('a description of several lines stays a comment', () => {
	const tunnel = {
		name: '', options: null,
		peers: [ { options: { description: 'one\n[Interface]\nMTU = 1' } } ]
	};

	assert.match(importExport.write(tunnel, 'conf'),
		/^\[Peer\]\n# one \[Interface\] MTU = 1\n$/);
});

test('a secret in the wrong place is in no message', () => {
	const secret = 'AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=';
	const texts = [
		`[Interface]\nListenPort = ${secret}`, `[Interface]\n${secret}`,
		`[Peer]\nEndpoint = ${secret}`, `config interface ${secret}`, secret,
		`config interface a b ${secret}`, `[Interface]\nPrivateKey = x${secret}`
	];

	for (const text of texts) {
		const { complaints } = plain(importExport.read(text));

		assert.equal(complaints[0].severity === 'warning', false, text);
		assert.ok(!complaints.some(one => one.reason.includes(secret)), text);
	}
});

test('a key that the router keeps is named in UCI, and in no other text', () => {
	const key = 'AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=';
	const [ tunnel ] = importExport.read(`config interface wg0
	option proto pywg
	option private_key kept:mine

config pywg_wg0
	option public_key '${key}'
	option preshared_key 'kept:ours'
`).tunnels;
	const text = importExport.write(tunnel, 'conf');

	assert.match(text, /^# PrivateKey is stored on the router$/m);
	assert.match(text, /^# PresharedKey is stored on the router$/m);
	assert.doesNotMatch(text, /kept:/);
	assert.match(importExport.write(tunnel, 'uci'), /private_key 'kept:mine'/);
	const { complaints } = importExport.read('[Interface]\nPrivateKey = kept:mine');

	assert.deepEqual(plain(complaints).map(one => [ one.severity, one.line ]),
		[ [ 'error', 2 ] ]);
});

test('a file is named after the peer', () => {
	const rows = [
		[ 'Grandma\'s house', 'conf', 'grandma-s-house.conf' ],
		[ 'Zoë', 'conf', 'zoe.conf' ],
		[ '  ../etc/passwd', 'conf', 'etc-passwd.conf' ],
		[ 'home', 'uci', 'home.uci' ],
		[ '…', 'conf', 'tunnel.conf' ]
	];

	for (const [ name, format, file ] of rows)
		assert.equal(importExport.fileName(name, format), file);
});
