/* Texts of foreign files and devices stay texts on every page and in every dialog. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { Page, missing } from './page.mjs';

const MARKUP = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>';
const PLAIN = 'A & B <home> "C" \'D\'';
const KEY = 'AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=';
const OTHER_KEY = 'AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=';
const NEW_KEY = 'AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=';
const ELEMENTS = [
	'a', 'article', 'b', 'br', 'button', 'code', 'del', 'details', 'dialog', 'div', 'em',
	'fieldset', 'figcaption', 'figure', 'h2', 'h3', 'h4', 'i', 'input', 'ins', 'label',
	'legend', 'li', 'line', 'option', 'p', 'path', 'pre', 'rect', 'section', 'select',
	'small', 'span', 'strong', 'summary', 'svg', 'textarea', 'ul'
];

const PEER_KEYS = [ KEY, OTHER_KEY ];

/* Each field of a section is a foreign text. */
function sections(text) {
	return {
		network: [
			{
				'.name': 'wg0', '.type': 'interface', proto: 'pywg',
				private_key: 'kept:mine', addresses: [ '10.77.0.1/24' ],
				listen_port: '51820', mtu: '1400', fwmark: text, ip6prefix: [ text ],
				dns: text
			},
			{
				'.name': text, '.type': 'interface', proto: 'wireguard',
				listen_port: '51820', addresses: [ text ]
			},
			...PEER_KEYS.map((key, at) => ({
				'.name': `cfg${at}`, '.type': 'pywg_wg0', '.anonymous': true,
				public_key: key, description: text, allowed_ips: [ '10.77.0.2/32' ],
				endpoint_host: 'home.example.org', preshared_key: 'kept:ours'
			})),
			{
				'.name': 'cfg9', '.type': 'pywg_wg0', '.anonymous': true,
				public_key: text, allowed_ips: [ text ], endpoint_host: text,
				endpoint_port: text, persistent_keepalive: text, description: text
			}
		],
		firewall: [ {
			'.name': 'zone', '.type': 'zone', name: text, network: [ 'lan', 'wg0' ]
		} ],
		system: [ { '.name': 'system', '.type': 'system', hostname: text } ],
		ddns: [ {
			'.name': 'own', '.type': 'service', enabled: '1', lookup_host: text
		} ]
	};
}

/* Each value is valid, as import and export require. */
function validSections(text) {
	const its = sections(text);

	its.network = its.network.filter(section => section['.name'] !== 'cfg9');
	Object.assign(its.network[0], { fwmark: '0x1', ip6prefix: [ '2001:db8::/56' ] });

	return its;
}

function peerStatus(text, key, state) {
	return {
		public_key: key, section: 'cfg0', description: text, state, reason: text,
		endpoint: text, endpoint_host: text, allowed_ips: [ text ], handshake_age: 5,
		rx_bytes: 1, tx_bytes: 1, rx_rate: 1, tx_rate: 1
	};
}

function answers(text) {
	const fail = async () => {
		throw new Error(text);
	};
	const status = async () => ({
		listen_port: text, mtu: text, public_key: text, limits: { peers: text, allowed_ips: text },
		used: { peers: text, allowed_ips: text },
		complaints: [ text ], drops: { [text]: 3, malformed: 1 },
		peers: [
			peerStatus(text, KEY, text), peerStatus(text, OTHER_KEY, 'unresolved'),
			peerStatus(text, text, 'no_port')
		]
	});

	return {
		'network.interface.dump': async () => [
			{ interface: text, proto: 'pywg', up: true, route: [], uptime: text,
				'ipv4-address': [], errors: [ { code: text, data: [ text ] } ] },
			{ interface: 'wg0', proto: 'pywg', up: true,
				errors: [ { code: 'START', data: [ text ] } ] },
			{ interface: 'lan', proto: 'static', up: true, l3_device: 'br-lan',
				'ipv4-address': [ { address: '192.168.1.1', mask: 24 } ] },
			{ interface: 'wan', proto: 'dhcp', up: true, l3_device: text,
				route: [ { target: '0.0.0.0', mask: 0 } ],
				'ipv4-address': [ { address: '192.0.2.1', mask: 24 } ] }
		],
		'network.device.status': async () => ({ [text]: { mtu: 1500 } }),
		[`pywg.${text}.status`]: status,
		[`pywg.${text}.history`]: async () => ({}),
		'pywg.wg0.status': status,
		'pywg.wg0.history': async () => ({ [KEY]: { rx: [ 1 ], tx: [ 1 ] } }),
		[`pywg.${text}.rekey`]: fail, 'pywg.wg0.rekey': fail, 'pywg.wg0.resolve': fail,
		'luci.pywg.generate_key': async () => ({ public_key: text, secret: 'kept:new' }),
		'luci.pywg.generate_pair': async () =>
			({ private_key: OTHER_KEY, public_key: text }),
		'luci.pywg.generate_psk': async () => ({ secret: 'kept:psk' }),
		'luci.pywg.keep_key': async () => ({ error: text }),
		'luci.pywg.keep_psk': fail,
		'luci.pywg.public_key': async () => ({ public_key: text }),
		'luci.pywg.reveal': async () => ({ key: text })
	};
}

/* No element, attribute or script is made of a text. */
function assertClean(page) {
	const found = [ ...page.document.body.querySelectorAll('*') ];

	assert.ok(found.length > 0);
	assert.equal(page.window.hit, undefined);
	assert.deepEqual(found.map(node => node.localName)
		.filter(name => !ELEMENTS.includes(name)), []);
	assert.deepEqual(found.flatMap(node => [ ...node.attributes ])
		.filter(({ name }) => name.startsWith('on')), []);
}

function assertShown(page, text, selector) {
	const nodes = [ ...page.document.querySelectorAll(selector) ];

	assert.ok(nodes.some(node => node.textContent.includes(text)),
		`${selector}: ${nodes.map(node => node.textContent).join('\n')}`);
}

function quoted(text) {
	return `'${text.replaceAll('\'', '\'\\\'\'')}'`;
}

function conf(text) {
	return [
		`# ${text}`, '[Interface]', `# ${text}`, `PrivateKey = ${KEY}`,
		'Address = 10.99.0.2/24', `DNS = ${text}`, `PostUp = ${text}`, '',
		`# ${text}`, '[Peer]', `PublicKey = ${NEW_KEY}`,
		'AllowedIPs = 10.99.0.0/24, 192.168.99.0/24', 'Endpoint = 192.0.2.9:51820', ''
	].join('\n');
}

/* Each of these texts is refused, and the complaint quotes it. */
function refused(text) {
	return [
		`[Interface]\nListenPort = ${text}`, `[Interface]\n${text}`,
		`[Interface]\n${text} = 1`, `[Peer]\nPublicKey = ${KEY}\nEndpoint = ${text}`,
		`[Peer]\nAllowedIPs = ${text}`, `[Peer]\nPublicKey = ${text}`, text,
		`config interface '${text}'`, `config ${text}`, `${text} ${text}`,
		`config interface wg0\n option proto pywg\n option mtu "${text}"`,
		`config interface wg0\n option proto pywg\n option "${text}" 1`
	];
}

async function formPage(text, its = sections(text)) {
	const page = new Page(its, answers(text));
	const protocol = page.require('protocol.pywg');
	const map = {
		findElement: (_attribute, id) => page.document.getElementById(id),
		save: async act => act()
	};
	const section = new page.form.Section(map, 'wg0');
	const port = `[id="cbid.network.wg0.listen_port"]`;

	protocol.renderFormOptions(section);
	page.add(await section.renderAll());
	await page.settled();
	assert.ok(page.document.querySelector(port));

	return { page, protocol, section, grid: section.children.find(child =>
		child.subsection).subsection };
}

for (const [ id, text ] of Object.entries({ markup: MARKUP, plain: PLAIN })) {
	const check = (name, act) => test(`${name} (${id})`, { skip: missing }, act);

	check('status page', async () => {
		const page = new Page(sections(text), answers(text));
		const view = page.require('view.pywg.status');

		page.add(view.render(await view.load()));
		await page.settled();
		await Promise.all(page.polled.map(act => act()));
		assertClean(page);
		assertShown(page, text, 'h3');
		assertShown(page, text, '.pywg-name');
		assertShown(page, text, '.pywg-state');
		assertShown(page, text, '.pywg-interface-card > .pywg-warning');
		assertShown(page, text, '[data-figure] .pywg-value');
		assertShown(page, text, '.pywg-code');

		for (const details of page.document.querySelectorAll('details'))
			details.open = true;

		await Promise.all(page.polled.map(act => act()));
		assertShown(page, `3 × ${text}`, 'li');
		await page.click('New handshake');
		await page.click('Disable…');
		assertShown(page, text, '.modal p');
		assertShown(page, text, 'dialog h4');
		assertClean(page);
	});

	check('wizard with a description of both homes', async () => {
		const page = new Page(sections(text), answers(text));
		const view = page.require('view.pywg.link');

		page.add(view.render(await view.load()));

		const [ name, lans, endpoint, port ] =
			page.document.querySelectorAll('fieldset input');

		for (const input of [ lans, endpoint, port, name ])
			await page.enter(input, text);

		assertShown(page, text.split(/[\s,]/)[0], '.pywg-warning');
		assertClean(page);

		const [ ownLans, ownEndpoint ] =
			page.document.querySelectorAll('fieldset + fieldset input');

		await page.enter(lans, '192.168.8.0/24');
		await page.enter(endpoint, 'cabin.example.org');
		await page.enter(port, '51821');
		await page.enter(ownLans, '192.168.1.0/24');
		await page.enter(ownEndpoint, '192.0.2.1');
		await page.click('Continue');
		assertShown(page, text, '.pywg-changes');
		assertClean(page);
		await page.click('Save and continue');
		assertShown(page, `option description ${quoted(text)}`, '.pywg-export-text');
		assertClean(page);
	});

	check('wizard with a pasted configuration', async () => {
		for (const origin of [ 'local', 'remote' ]) {
			const page = new Page(sections(text), {
				...answers(text),
				'luci.pywg.keep_key': async () => ({ secret: 'kept:new' })
			});
			const view = page.require('view.pywg.link');

			page.add(view.render(await view.load()));
			await page.enter(page.document.querySelector(
				'details select'), origin);

			const area = page.document.querySelector('textarea');

			for (const broken of refused(text)) {
				await page.enter(area, broken);
				assertClean(page);
			}

			await page.enter(
				page.document.querySelector('fieldset + fieldset input'), '192.168.1.0/24');
			await page.enter(area, conf(text));
			assertClean(page);
			await page.click('Continue');
			assertShown(page, text, '.pywg-wizard');
			assertClean(page);
		}
	});

	check('form of an interface', async () => {
		const { page, protocol, grid } = await formPage(text);

		assertClean(page);
		assertShown(page, text, 'strong');
		assertShown(page, text, '.ifacebadge');
		assertShown(page, text, '.pywg-allowed .pywg-warning');
		assertShown(page, text, '.pywg-key');
		await grid.renderMoreOptionsModal('cfg0');
		await grid.renderMoreOptionsModal('cfg9');
		await page.settled();
		assertClean(page);

		/* The message about the port quotes the other interface. */
		assert.ok([ ...page.document.querySelectorAll('[data-tooltip]') ]
			.some(node => node.dataset.tooltip.includes(text)));

		protocol.errors = [ text ];
		protocol._ubus = () => [ { code: text, data: [ text ] } ];
		assert.deepEqual([ ...protocol.getErrors() ], [ `${text}: ${text}` ]);
	});

	check('key fields', async () => {
		const { page } = await formPage(text);

		await page.click('Show key');
		assertShown(page, text, '.pywg-key-secret');
		await page.click('Generate new key');
		assertShown(page, text, '.pywg-code');
		await page.click('Enter key…');

		const input = page.document.querySelector('input[type=password]');

		await page.enter(input, text);
		assertClean(page);
		await page.enter(input, KEY);
		await page.click('Store key');
		assertShown(page, text, '.modal p');
		assertClean(page);
	});

	check('import dialog', async () => {
		const { page } = await formPage(text, validSections(text));

		await page.click('Import…');

		const area = page.document.querySelector('dialog textarea');

		for (const broken of refused(text)) {
			await page.enter(area, broken);
			assertClean(page);
			assert.ok(page.document.querySelector('dialog li'), broken);
		}

		await page.enter(area, conf(text));
		assertShown(page, `Peer ${text}`, 'dialog .pywg-change strong');
		assertShown(page, text, 'dialog .pywg-change ins');
		assertClean(page);
		await page.drop(page.document.querySelector('.pywg-dropzone'), `${text}.conf`,
			conf(text).replace(/^\[Interface\][^]*?\n\n/m, '').replace(/^#.*$/gm, ''));
		assertClean(page);
		await page.enter(area, conf(text));
		await page.click('Import');
		assertShown(page, text, 'dialog [role=alert]');
		assertClean(page);
	});

	check('export dialog', async () => {
		const { page, grid } = await formPage(text, validSections(text));

		await page.click('Export…');
		assertShown(page, `# ${text}`, 'dialog .pywg-export-text');
		await page.click('Save as wg0.conf');
		assert.match(page.files[0].text, /^\[Interface\]/);
		assert.ok(page.files[0].text.includes(`\n# ${text}\n`));
		await page.click('OpenWrt UCI');
		await page.click('Save as wg0.uci');
		assert.ok(page.files[1].text.includes(
			`option description ${quoted(text)}`));
		await page.click('QR code');
		assert.equal(page.document.querySelectorAll('.pywg-qr svg path').length, 1);
		assertClean(page);
		await grid.renderMoreOptionsModal('cfg0');
		await page.settled();
		await page.click('Generate configuration…');
		assertClean(page);
		const [ endpoint, lans ] = page.document.querySelectorAll('dialog input[type=text]');

		await page.enter(lans, text);
		await page.enter(endpoint, text);
		assertShown(page, text.split(/[\s,]/)[0], 'dialog .pywg-warning');
		assertClean(page);
		await page.click('Generate new key pair');
		assertClean(page);
	});

	check('import and export of a name', () => {
		const importExport =
			new Page({}, {}).require('pywg.config.import_export');
		const [ tunnel ] = importExport.read(conf(text), 'x.conf').tunnels;

		assert.equal(tunnel.peers[0].options.description, text);

		for (const format of [ 'conf', 'uci' ]) {
			const [ again ] = importExport.read(
				importExport.write(tunnel, format), 'x.conf').tunnels;

			assert.equal(again.peers[0].options.description, text, format);
		}
	});
}

test('file that is too large is named', { skip: missing }, async () => {
	const { page } = await formPage('x', validSections('x'));

	await page.click('Import…');

	const zone = page.document.querySelector('.pywg-dropzone');

	await page.drop(zone, 'x.conf', 'x', 1024 * 1024 + 1);
	assertShown(page, 'larger than 1 MiB', '.pywg-dropzone [role=alert]');
	assert.equal(page.document.querySelector('.pywg-dropzone textarea').value, '');
	await page.drop(zone, 'x.conf', conf('x'), 1024 * 1024);
	assert.equal(zone.querySelector('[role=alert]').textContent, '');
	assertShown(page, 'x', 'dialog .pywg-change strong');
});

function nameOf(key) {
	return `kept:${key.slice(0, -1)}`;
}

test('own key is refused as that of a peer', { skip: missing }, async t => {
	await t.test('in the form of a peer', async () => {
		const its = validSections('x');

		its.network[0].private_key = nameOf(NEW_KEY);

		const { grid } = await formPage('x', its);
		const field = grid.children.find(({ option }) => option === 'public_key');

		assert.match(field.validate('cfg0', NEW_KEY), /of this router itself/);
		assert.equal(field.validate('cfg0', KEY), true);
		assert.equal(typeof field.validate('cfg0', ''), 'string');
	});

	await t.test('in an imported configuration', async () => {
		const page = new Page(validSections('x'), {
			...answers('x'), 'luci.pywg.keep_key': async () => ({ secret: nameOf(NEW_KEY) })
		});
		const section = new page.form.Section({ save: async act => act() }, 'wg0');

		page.require('pywg.forms.import_dialog').open(section, null);
		await page.enter(page.document.querySelector('dialog textarea'), conf('x'));
		await page.click('Import');
		assertShown(page, 'of this router itself', 'dialog [role=alert]');
		assert.ok(page.uci.sections('network', 'pywg_wg0').length === PEER_KEYS.length);
	});
});

test('element', { skip: missing }, async t => {
	const page = new Page({}, {});
	const element = page.require('pywg.element');

	await t.test('children are texts and nodes', () => {
		const node = element.create('div', MARKUP, [ element.create('b', 'x'), [ 1 ] ]);

		assert.equal(node.children.length, 1);
		assert.equal(node.textContent, `${MARKUP}x1`);
		element.setChildren(node, MARKUP);
		assert.equal(node.innerHTML, element.escape(MARKUP)
			.replaceAll('&quot;', '"'));
	});

	await t.test('links have the scheme http, https or blob', () => {
		for (const url of [ 'http://a/', 'https://a/', 'blob:x', '/cgi-bin', '#a' ])
			assert.equal(element.safeHref(url), url);

		for (const url of [
			'javascript:alert(1)', ' JavaScript:alert(1)', 'java\nscript:alert(1)',
			'data:text/html,x', 'vbscript:x', 'file:///etc/passwd', 'http://['
		]) {
			assert.equal(element.safeHref(url), null, url);
			assert.equal(
				element.create('a', { href: url }).getAttribute('href'), null, url);
		}
	});

	await t.test('scripts in tags and attributes are rejected', () => {
		assert.throws(() => element.create('<img>'), /name of an element/);
		assert.throws(() => element.create('a', { onclick: 'x' }), /not permitted/);
		assert.throws(() => element.create('iframe', { srcdoc: 'x' }), /not permitted/);
		assert.throws(() => element.shape('a', { ONLOAD: 'x' }), /not permitted/);
	});
});
