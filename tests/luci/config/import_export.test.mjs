/* Import and export, with the cases that Python evaluates as well. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import { Realm, plain } from '../luci.mjs';

const realm = new Realm();
const importExport = realm.require('pywg.config.import_export');
const uciText = realm.require('pywg.config.uci_text');
const uciTunnel = realm.require('pywg.config.uci_tunnel');

function cases(name) {
	const rows = JSON.parse(
		readFileSync(new URL(`../cases/${name}.json`, import.meta.url)));

	/* Results of LuCI alone. */
	return rows.map(row => ({ ...row, ...Object(row.luci) }));
}

function lines(text) {
	return text.trim().split('\n');
}

function uciOf(tunnels) {
	const sections = tunnels.flatMap(tunnel => plain(uciTunnel.write(tunnel)));

	return lines(uciText.format(
		sections.map(section => ({ ...section, package: '' }))));
}

for (const row of cases('conf'))
	test(`conf: ${row.name}`, () => {
		const found = plain(importExport.read(row.text.join('\n'), row.file));

		assert.equal(found.format, 'conf');
		assert.deepEqual(
			found.complaints.map(({ severity, line, option }) =>
				[ severity, line, option ]),
			row.complaints);

		if (row.uci.length) {
			assert.deepEqual(uciOf(found.tunnels), row.uci);
			assert.deepEqual(
				lines(importExport.write(found.tunnels[0], 'conf')), row.conf);
		}
	});

for (const row of cases('uci'))
	test(`uci: ${row.name}`, () => {
		const found = plain(importExport.read(row.text.join('\n'), ''));
		const place = complaint =>
			complaint.section ? complaint.option : complaint.line;

		assert.equal(found.format, 'uci');
		assert.deepEqual(
			found.complaints.map(complaint =>
				[ complaint.severity, complaint.section, place(complaint) ]),
			row.complaints);

		if (row.uci.length)
			assert.deepEqual(uciOf(found.tunnels), row.uci.join('\n').split('\n'));
	});

test('exported text is parsed to the same tunnel', () => {
	for (const row of cases('conf').filter(({ uci }) => uci.length)) {
		const [ tunnel ] = importExport.read(row.text.join('\n'), row.file).tunnels;

		for (const format of [ 'conf', 'uci' ]) {
			const again = importExport.read(importExport.write(tunnel, format), row.file);

			assert.deepEqual(uciOf(again.tunnels), row.uci, row.name);
		}
	}
});

test('text with a byte order mark and CRLF is accepted', () => {
	const row = cases('conf')[0];
	const found = importExport.read(
		'\ufeff' + row.text.join('\r\n'), `C:\\keys\\${row.file}`);

	assert.deepEqual(uciOf(found.tunnels), row.uci);
});

test('text without configuration is rejected', () => {
	for (const text of [ '', '\n', '# nothing', 'config system' ]) {
		const { tunnels, complaints } = plain(importExport.read(text));

		assert.deepEqual(tunnels, [], text);
		assert.equal(complaints.length, 1, text);
		assert.match(complaints[0].reason, /no \[Interface\]/);
	}
});

test('peers without their interface become a tunnel without options', () => {
	const [ , peers ] = cases('uci')[1].text.join('\n').split('\n\n');
	const { tunnels } = plain(importExport.read(peers));

	assert.equal(tunnels.length, 1);
	assert.equal(tunnels[0].name, 'wg0');
	assert.equal(tunnels[0].options, null);
	assert.equal(tunnels[0].peers[0].options.description, 'Alice');
});

test('exported UCI text has the firewall sections', () => {
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
	assert.deepEqual(found.firewall.map(({ options }) => options), [ zone.options ]);
});

test('output of uci export is accepted', () => {
	const text = 'package network\n\nconfig interface wg0\n option proto pywg\n' +
		'package firewall\n\nconfig zone wg0\n option name vpn\n';
	const found = plain(importExport.read(text));

	assert.deepEqual(found.tunnels.map(({ name }) => name), [ 'wg0' ]);
	assert.deepEqual(found.firewall.map(({ options }) => options), [ { name: 'vpn' } ]);
});

test('here-document ends at no value, and line numbers are preserved', () => {
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

test('QR code has no comments, and disabled peers are omitted', () => {
	const [ tunnel ] = importExport.read(cases('conf')[0].text.join('\n')).tunnels;
	const disabled = { ...tunnel.peers[0].options, disabled: '1' };

	assert.doesNotMatch(importExport.write(tunnel, 'qr'), /#/);
	assert.doesNotMatch(
		importExport.write({ ...tunnel, peers: [ { options: disabled } ] }, 'conf'),
		/Peer/);
});

test('multi-line description remains a comment', () => {
	const tunnel = {
		name: '', options: null,
		peers: [ { options: { description: 'one\n[Interface]\nMTU = 1' } } ]
	};

	assert.match(importExport.write(tunnel, 'conf'),
		/^\[Peer\]\n# one \[Interface\] MTU = 1\n$/);
});

test('messages contain no misplaced secret', () => {
	const secret = 'AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=';
	const texts = [
		`[Interface]\nListenPort = ${secret}`, `[Interface]\n${secret}`,
		`[Peer]\nEndpoint = ${secret}`, `config interface ${secret}`, secret,
		`config interface a b ${secret}`, `[Interface]\nPrivateKey = x${secret}`
	];

	for (const text of texts) {
		const { complaints } = plain(importExport.read(text));

		assert.equal(complaints[0].severity === 'warning', false, text);
		assert.ok(!complaints.some(({ reason }) => reason.includes(secret)), text);
	}
});

test('names of stored keys are exported as UCI only', () => {
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

	assert.deepEqual(plain(complaints).map(({ severity, line }) => [ severity, line ]),
		[ [ 'error', 2 ] ]);
});

test('file name fits the name of an interface, and is never the same', () => {
	const rows = [
		[ 'Grandma\'s house', 'conf', /^grandma-s-house\.conf$/ ],
		[ 'Zoë', 'conf', /^zoe\.conf$/ ],
		[ 'Straße', 'conf', /^strasse\.conf$/ ],
		[ '  ../etc/passwd', 'conf', /^etc-passwd\.conf$/ ],
		[ 'home', 'uci', /^home\.uci$/ ],
		[ 'Дача', 'conf', /^dacha\.conf$/ ],
		[ 'Σπίτι', 'conf', /^spiti\.conf$/ ],
		[ '…', 'conf', /^tunnel-[0-9a-f]{4}\.conf$/ ],
		[ '別荘', 'conf', /^tunnel-[0-9a-f]{4}\.conf$/ ],
		[ '自宅', 'conf', /^tunnel-[0-9a-f]{4}\.conf$/ ],
		[ '別荘 2', 'conf', /^2-[0-9a-f]{4}\.conf$/ ],
		[ 'The summer house of Alice', 'conf', /^the-summer-[0-9a-f]{4}\.conf$/ ],
		[ 'The summer house of Bob', 'conf', /^the-summer-[0-9a-f]{4}\.conf$/ ],
		[ '', 'conf', /^tunnel-[0-9a-f]{4}\.conf$/ ]
	];
	const names = rows.map(([ title, format, pattern ]) => {
		const name = importExport.fileName(title, format);

		assert.match(name, pattern, title);
		assert.match(name, /^[a-zA-Z0-9_=+.-]{1,15}\.(conf|uci)$/, title);

		return name;
	});

	assert.equal(new Set(names).size, names.length);
});

test('what a phone gets has no keys of wg-quick', () => {
	const tunnel = {
		name: 'wg0', proto: 'pywg',
		options: { fwmark: '0x1', ip4table: '200', ip6table: '200' },
		peers: [ { name: '', options: { public_key: 'x' } } ]
	};

	assert.match(importExport.write(tunnel, 'conf'), /FwMark = 0x1\n.*Table = off/s);
	assert.doesNotMatch(importExport.write(tunnel, 'qr'), /FwMark|Table/);
});

for (const [ name, text, reason ] of [
	[ 'uci show', 'network.wg0=interface\nnetwork.wg0.proto=\'pywg\'\n', /uci export/ ],
	[ 'uci show of a peer', 'network.@pywg_wg0[0].public_key=\'x\'\n', /uci export/ ],
	[ 'wg show', 'interface: wg0\n  public key: x\n\npeer: y\n', /wg showconf/ ],
	[ 'zip file', 'PK\x03\x04\x14\0\0\0 wg0.conf [Interface]', /unpack/ ]
])
	test(`output that is no configuration is named: ${name}`, () => {
		const { tunnels, complaints } = plain(importExport.read(text, 'x.conf'));

		assert.deepEqual(tunnels, []);
		assert.deepEqual(complaints.map(({ severity }) => severity), [ 'error' ]);
		assert.match(complaints[0].reason, reason);
	});

test('allowed IP of two peers has a line number in UCI', () => {
	const row = cases('uci').find(({ name }) => name === 'allowed IPs of two peers');
	const [ { line, option } ] = importExport.read(row.text.join('\n'), '').complaints;

	assert.match(row.text[line - 1], new RegExp(option));
});
