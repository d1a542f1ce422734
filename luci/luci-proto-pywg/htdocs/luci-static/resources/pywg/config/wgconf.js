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
/* As for wg(8), the last colon without brackets precedes the port. */
const ENDPOINT = /^(\[[^\]]*\]|[^[\]]*):([0-9]+)$/;
const TABLE = /^[A-Za-z0-9_.-]+$/;
/* The marks of scripts around each peer: '### BEGIN_PEER x' and '### begin x ###'. */
const BEGIN = /^begin(?:_peer)?\s+(.*?)\s*#*$/i;
const END = /^end(?:_peer)?\b/i;
/* The notation of prometheus_wireguard_exporter and other tools for a peer name. */
const NAMED = /^(?:friendly_name|name)\s*[=:]\s*/i;
const LONE_COMMA = /^,|,,|,$/;
const COMMANDS = [ 'PreUp', 'PostUp', 'PreDown', 'PostDown' ];
/* Keys of the apps for phones and desktops. */
const APP_KEYS = [ 'ExcludedApplications', 'IncludedApplications' ];
/* The keys that AmneziaWG adds: its packets look different from those of WireGuard. */
const AMNEZIA_KEYS = /^(jc|jmin|jmax|itime|s[1-4]|h[1-4]|i[1-5]|j[1-3])$/i;
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

	if (spelling(APP_KEYS, key))
		return _('not imported: a router has no apps; use firewall rules or policy ' +
			'routing instead');

	if (AMNEZIA_KEYS.test(key))
		return _('not imported: this is an option of AmneziaWG; the tunnel works ' +
			'only if the other side accepts plain WireGuard');

	switch (key.toLowerCase()) {
	case 'dns':
		return _('not imported: configure name servers in the advanced settings of ' +
			'the interface, or forward a domain to them in DHCP and DNS');
	case 'saveconfig':
		return _('not imported: a router always saves its configuration');
	}

	return '';
}

/* Like wg-quick, take blanks between addresses as commas. */
function listed(text) {
	const found = text.match(/^\s*(address)\s*=\s*(.*?)\s*$/i);

	return found &&
		`${found[1]}=${found[2].replace(/\s*,\s*/g, ',').replace(/\s+/g, ',')}`;
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
			this.option(listed(before) ?? words, line);
	}

	heading(text, line) {
		if (text === '[interface]') {
			this.interface ??= {};
			this.section = {
				options: this.interface, lines: {}, line, name: '[Interface]'
			};
		}
		else {
			const peer = {
				options: {}, lines: {}, line, name: '[Peer]', broken: false
			};

			this.section = peer;
			this.describe(this.comments[0]);
			this.peers.push(peer);
		}

		this.comments = [];
	}

	/* A comment above a heading belongs to it, unless an empty line is between them. */
	note(comment, isEmpty) {
		const isMark = comment.startsWith('##');
		const plain = comment.replace(/^#+/, '').trim();
		const text = isMark ? plain.replace(BEGIN, '$1') : plain;

		if (isEmpty || (isMark && END.test(text)))
			this.comments = [];

		if (text === '' || isOption(text) || (isMark && END.test(text)))
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
		this.line = line;

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
		const value = options.importedPart(row, [ text ], why =>
			this.complain('allowed IP left out', this.line, 'AllowedIPs', why));
		const before = this.section.options[name] ?? [];

		/* Repeated keys extend the same list. */
		this.section.lines[name] ??= this.line;
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
		this.checkTwins();
		this.checkOverlaps();
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

	/* As with wg(8), the last section of a peer replaces the others. */
	checkTwins() {
		const found = new Map();

		for (const peer of this.peers.filter(({ broken }) => !broken)) {
			const twin = found.get(peer.options.public_key);

			found.set(peer.options.public_key, peer);

			if (twin) {
				twin.broken = true;
				this.complain('warning', peer.lines.public_key, 'PublicKey',
					_('is also the public key of the peer in line %d; only this ' +
						'section is used').format(twin.line));
			}
		}
	}

	checkOverlaps() {
		const owners = new Map();

		for (const peer of this.peers.filter(({ broken }) => !broken))
			for (const prefix of peer.options.allowed_ips ?? []) {
				const owner = owners.get(prefix);

				owners.set(prefix, peer);

				if (owner)
					this.complain('warning', peer.lines.allowed_ips, 'AllowedIPs',
						_('%s is also an allowed IP of the peer in line %d; only ' +
							'this peer receives its traffic')
							.format(prefix, owner.line));
			}
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

function formatInterface(tunnel, isBrief) {
	const its = tunnel.options;

	return '[Interface]\n' +
		secret('PrivateKey', its.private_key) +
		line('Address', its.addresses) +
		line('ListenPort', its.listen_port === '0' ? '' : its.listen_port) +
		/* The apps for phones reject the keys of wg-quick. */
		line('FwMark', isBrief || its.fwmark === '0x0' ? '' : its.fwmark) +
		line('MTU', its.mtu) +
		line('Table', isBrief ? '' : table(tunnel));
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
	const parts = tunnel.options
		? [ formatInterface({ ...tunnel, peers }, isBrief) ] : [];

	return parts.concat(peers.map(peer => formatPeer(peer, isBrief))).join('\n');
}

return baseclass.extend({
	/*
	 * Parse a text to { interface, peers, complaints }: the options of the interface
	 * (null without an [Interface] section), the options of each peer, and complaints
	 * as in import_export.js.
	 */
	read,
	/* Format a tunnel as text, without its disabled peers. isBrief omits comments, and
	   the keys that phones reject, for a QR code. */
	write
});
