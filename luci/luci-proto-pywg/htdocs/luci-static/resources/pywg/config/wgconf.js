'use strict';
'require baseclass';
'require pywg.config.keys as keys';
'require pywg.config.options as options';

/*
 * Conversion between the configuration file of wg(8) and wg-quick(8) and a tunnel (see
 * import_export.js).
 *
 * Keys and headings are case-insensitive, spaces are ignored, and '#' starts a comment.
 * A comment directly above a [Peer] heading or at the start of its section becomes the
 * description of the peer.
 */

const INTERFACE_KEYS = {
	PrivateKey: 'private_key',
	ListenPort: 'listen_port',
	FwMark: 'fwmark',
	Address: 'addresses',
	MTU: 'mtu'
};
const PEER_KEYS = {
	PublicKey: 'public_key',
	PresharedKey: 'preshared_key',
	AllowedIPs: 'allowed_ips',
	PersistentKeepalive: 'persistent_keepalive'
};
const KEYS = [ 'private_key', 'public_key', 'preshared_key' ];
const HEADING = /^\[(interface|peer)\]$/i;
const ENDPOINT = /^(\[[^\]]*\]|[^:]*):([0-9]+)$/;
const TABLE = /^[A-Za-z0-9_.-]+$/;
/* The notation of prometheus_wireguard_exporter and other tools for a peer name. */
const NAMED = /^(?:friendly_name|name)\s*[=:]\s*/i;
const LONE_COMMA = /^,|,,|,$/;
const COMMANDS = [ 'PreUp', 'PostUp', 'PreDown', 'PostDown' ];
const DEFAULT_ROUTES = [ '0.0.0.0/0', '::/0' ];

function spelling(names, key) {
	return names.find(name => name.toLowerCase() === key.toLowerCase());
}

function isOption(text) {
	const key = text.split('=')[0].trim();
	const known = [ ...Object.keys(INTERFACE_KEYS), ...Object.keys(PEER_KEYS),
		...COMMANDS, 'Endpoint', 'DNS', 'Table', 'SaveConfig' ];

	return text.includes('=') && spelling(known, key) !== undefined;
}

/* Return the reason why a key of wg-quick is ignored on a router, '' for other keys. */
function ignoredKey(key) {
	if (spelling(COMMANDS, key))
		return _('not imported: a router does not run the commands of a ' +
			'configuration file; use firewall zones and hotplug scripts instead');

	switch (key.toLowerCase()) {
	case 'dns':
		return _('not imported: configure name servers in the advanced settings of ' +
			'the interface, or forward a domain to them in DHCP and DNS');
	case 'saveconfig':
		return _('not imported: a router always saves its configuration');
	}

	return '';
}

class Reader {
	constructor() {
		this.interface = null;
		this.peers = [];
		this.complaints = [];
		this.table = 'auto';
		this.comments = [];
		this.section = null;
	}

	take(text, line) {
		const [ , before, comment ] = text.match(/^([^#]*)#?(.*)$/s);
		const words = before.replace(/\s+/g, '');

		if (HEADING.test(words))
			this.heading(words.toLowerCase(), line);

		this.note(comment, text.trim() === '');

		if (words && !HEADING.test(words))
			this.option(words, line);
	}

	heading(text, line) {
		if (text === '[interface]') {
			this.interface ??= {};
			this.section = { options: this.interface, line, name: '[Interface]' };
		}
		else {
			const peer = { options: {}, line, name: '[Peer]', broken: false };

			this.section = peer;
			this.describe(this.comments[0]);
			this.peers.push(peer);
		}

		this.comments = [];
	}

	/* A comment above a heading belongs to it, unless an empty line is between them. */
	note(comment, isEmpty) {
		const text = comment.replace(/^#+/, '').trim();

		if (isEmpty)
			this.comments = [];

		if (text === '' || isOption(text))
			return;

		const isInside = this.section && this.section.name === '[Peer]' &&
			Object.keys(this.section.options).length === 0;

		if (isInside)
			this.describe(text);
		else
			this.comments.push(text);
	}

	describe(text) {
		if (text)
			this.section.options.description ??= text.replace(NAMED, '');
	}

	option(text, line) {
		const at = text.indexOf('=');
		const key = at < 0 ? text : text.slice(0, at);
		const value = text.slice(at + 1);

		this.comments = [];

		try {
			if (at < 0)
				throw new TypeError(_('%s is not a section heading or KEY = VALUE')
					.format(options.quote(text)));

			this.set(key, value, line);
		}
		catch (error) {
			this.refuse(line, key, error.message);
		}
	}

	set(key, value, line) {
		const ignored = ignoredKey(key);

		if (!this.section)
			throw new TypeError(_('%s precedes the first [Interface] or [Peer] section')
				.format(options.quote(key)));

		if (ignored)
			this.complain('warning', line, key, ignored);
		else if (this.section.name === '[Peer]')
			this.setPeer(key, value);
		else
			this.setInterface(key, value);
	}

	setInterface(key, value) {
		const known = spelling(Object.keys(INTERFACE_KEYS), key);

		if (known)
			this.store(options.INTERFACE, INTERFACE_KEYS[known], value);
		else if (key.toLowerCase() === 'table' && TABLE.test(value))
			this.table = value.toLowerCase();
		else
			this.unknown(key);
	}

	setPeer(key, value) {
		const known = spelling(Object.keys(PEER_KEYS), key);

		if (known)
			this.store(options.PEER, PEER_KEYS[known], value);
		else if (key.toLowerCase() === 'endpoint')
			this.setEndpoint(value);
		else
			this.unknown(key);
	}

	unknown(key) {
		throw new TypeError(_('unknown option %s in section %s').format(
			options.quote(key), this.section.name));
	}

	setEndpoint(value) {
		const found = value.match(ENDPOINT);

		if (!found)
			throw new TypeError(
				_('%s is not an endpoint (expected HOST:PORT or ' +
					'[IPV6-ADDRESS]:PORT)').format(options.quote(value)));

		this.store(options.PEER, 'endpoint_host', found[1]);
		this.store(options.PEER, 'endpoint_port', found[2]);
	}

	store(table, name, text) {
		/* 'generate' and the names of stored keys are valid in UCI only. */
		const reason = KEYS.includes(name) ? keys.reason(text) : '';

		if (reason)
			throw new TypeError(reason);

		if (LONE_COMMA.test(text))
			throw new TypeError(_('empty list entry before or after a comma'));

		const row = options.row(table, name);
		const value = options.canonical(row, [ text ]);
		const before = this.section.options[name] ?? [];

		/* Repeated keys extend the same list. */
		this.section.options[name] = row.separators
			? [ ...new Set([ ...before, ...value ]) ] : value;
	}

	refuse(line, option, reason) {
		const isPeer = this.section && this.section.name === '[Peer]';

		if (isPeer)
			this.section.broken = true;

		this.complain(isPeer ? 'peer left out' : 'error', line, option, reason);
	}

	complain(severity, line, option, reason) {
		this.complaints.push({ severity, line, section: '', option, reason });
	}

	finish() {
		this.peers.forEach(peer => this.checkPeer(peer));
		this.applyTable();

		return {
			interface: this.interface,
			peers: this.peers.filter(peer => !peer.broken).map(peer => peer.options),
			complaints: this.complaints
		};
	}

	checkPeer(peer) {
		if (!peer.broken && !peer.options.public_key) {
			peer.broken = true;
			this.complain('peer left out', peer.line, 'PublicKey',
				_('missing; a peer is identified by its public key'));
		}

		if ((peer.options.allowed_ips ?? []).some(ip => DEFAULT_ROUTES.includes(ip)))
			this.complain('warning', peer.line, 'AllowedIPs',
				_('this peer becomes the default route'));
	}

	/* wg-quick creates routes to all allowed IPs unless Table is 'off'. */
	applyTable() {
		for (const peer of this.table === 'off' ? [] : this.peers)
			peer.options.route_allowed_ips = '1';

		if (![ 'auto', 'off', 'main' ].includes(this.table))
			Object.assign(this.interface,
				{ ip4table: this.table, ip6table: this.table });
	}
}

function read(text) {
	const reader = new Reader();

	text.split('\n').forEach((line, at) => reader.take(line, at + 1));

	return reader.finish();
}

function line(key, value) {
	const text = Array.isArray(value) ? value.join(', ') : value;

	return text ? `${key} = ${text}\n` : '';
}

function secret(key, value) {
	if (!value || value === 'generate')
		return '';

	return keys.isKey(value)
		? line(key, value) : `# ${_('%s is stored on the router').format(key)}\n`;
}

function table(tunnel) {
	const routed = tunnel.peers.some(peer => peer.options.route_allowed_ips === '1');

	if (!routed && tunnel.peers.length)
		return 'off';

	return tunnel.options.ip4table ?? tunnel.options.ip6table;
}

function formatInterface(tunnel) {
	const its = tunnel.options;

	return '[Interface]\n' +
		secret('PrivateKey', its.private_key) +
		line('Address', its.addresses) +
		line('ListenPort', its.listen_port === '0' ? '' : its.listen_port) +
		line('FwMark', its.fwmark === '0x0' ? '' : its.fwmark) +
		line('MTU', its.mtu) +
		line('Table', table(tunnel));
}

function endpoint(peer) {
	const host = peer.options.endpoint_host;
	const port = peer.options.endpoint_port ?? options.DEFAULT_PORT;

	if (!host)
		return '';

	return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function formatPeer(peer, isBrief) {
	const its = peer.options;
	const name = (its.description ?? '').replace(/\s+/g, ' ').trim();
	const isOff = !its.persistent_keepalive || its.persistent_keepalive === '0';

	return '[Peer]\n' +
		(name && !isBrief ? `# ${name}\n` : '') +
		line('PublicKey', its.public_key) +
		secret('PresharedKey', its.preshared_key) +
		line('AllowedIPs', its.allowed_ips) +
		line('Endpoint', endpoint(peer)) +
		line('PersistentKeepalive', isOff ? '' : its.persistent_keepalive);
}

function write(tunnel, isBrief) {
	const peers = tunnel.peers.filter(peer => peer.options.disabled !== '1');
	const parts = tunnel.options ? [ formatInterface({ ...tunnel, peers }) ] : [];

	return parts.concat(peers.map(peer => formatPeer(peer, isBrief))).join('\n');
}

return baseclass.extend({
	/*
	 * Parse a text to { interface, peers, complaints }: the options of the interface
	 * (null without an [Interface] section), the options of each peer, and complaints
	 * as in import_export.js.
	 */
	read,
	/* Format a tunnel as text, without its disabled peers; isBrief omits comments, for
	   a QR code. */
	write
});
