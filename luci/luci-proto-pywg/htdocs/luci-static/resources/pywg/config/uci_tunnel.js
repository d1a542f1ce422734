'use strict';
'require baseclass';
'require pywg.config.options as options';
'require pywg.config.uci_text as uciText';

/*
 * Conversion between UCI sections and tunnels (see import_export.js), with the rules of
 * pywg_embedded/openwrt/uci_network.py:
 *
 * 1. An invalid value in a peer section omits that peer, and no other; an invalid
 *    allowed IP is omitted alone.
 * 2. An option that is in no table is preserved, with a warning.
 */

const DEFAULT_PROTOCOL = 'pywg';
const ERROR = 'error', LEFT_OUT = 'peer left out', WARNING = 'warning';
const ALLOWED_IP_LEFT_OUT = 'allowed IP left out';

function peerType(type) {
	const found = type.match(/^(pywg|wireguard)_(.+)$/s);

	return found && { proto: found[1], name: found[2] };
}

class Reader {
	constructor() {
		this.complaints = [];
	}

	complain(severity, label, section, option, reason) {
		this.complaints.push({
			severity, section: label, option, reason,
			line: section.lines[option] ?? section.lines[''] ?? 0
		});
	}

	/* Return the canonical options of a section; null if one of them is invalid. */
	fill(section, label, table, known, severity) {
		const result = {};
		const unknown = [];
		let isComplete = true;

		for (const [ name, value ] of Object.entries(section.options)) {
			const row = options.row(table, name);

			try {
				result[name] = row
					? options.importedPart(row, uciText.values(section, name), why =>
						this.complain(ALLOWED_IP_LEFT_OUT, label, section, name, why))
					: value;
			}
			catch (error) {
				if (row.kind === 'flag') {
					this.ignoreFlag(section, label, name);
					continue;
				}

				this.complain(severity, label, section, name, error.message);
				isComplete = false;
			}

			if (!row && !known.includes(name))
				unknown.push(name);
		}

		unknown.forEach(name => this.complain(WARNING, label, section, name,
			_('unknown option')));

		return isComplete ? result : null;
	}

	/* Like config_get_bool, take another text for the default of a flag. */
	ignoreFlag(section, label, name) {
		this.complain(WARNING, label, section, name,
			_('%s is not a boolean (0 or 1); the default is used').format(
				options.quote(uciText.values(section, name).join(' '))));
	}

	tunnel(section) {
		const { proto, ...its } = this.fill(
			section, section.name, options.INTERFACE, options.NETIFD, ERROR) ?? {};

		return {
			name: section.name, proto: section.options.proto, options: its, peers: []
		};
	}

	peer(tunnel, section, label) {
		const its = this.fill(section, label, options.PEER, [], LEFT_OUT);

		if (!its)
			return;

		const twin = tunnel.peers.find(peer => peer.options.disabled !== '1' &&
			its.disabled !== '1' && peer.options.public_key === its.public_key);

		if (!its.public_key) {
			this.complain(LEFT_OUT, label, section, 'public_key',
				_('missing; a peer is identified by its public key'));

			return;
		}

		/* As with the stock protocol, the last section of a peer is used. */
		if (twin) {
			this.complain(WARNING, label, section, 'public_key',
				_('is also the public key of %s; only this section is used')
					.format(twin.label));
			tunnel.peers.splice(tunnel.peers.indexOf(twin), 1);
		}

		tunnel.peers.push({
			name: section.name, id: section.id, label, section, options: its
		});
	}

	/* Warn of allowed IPs that two peers share: the later peer receives the traffic. */
	overlaps(tunnel) {
		const owners = new Map();

		const enabled = tunnel.peers.filter(peer => peer.options.disabled !== '1');

		for (const peer of enabled)
			for (const prefix of peer.options.allowed_ips ?? []) {
				const owner = owners.get(prefix);

				owners.set(prefix, peer);

				if (owner && owner !== peer)
					this.complain(WARNING, peer.label, peer.section, 'allowed_ips',
						_('%s is also an allowed IP of %s; only this ' +
							'peer receives its traffic').format(prefix, owner.label));
			}
	}
}

function isTunnel(section) {
	return section.type === 'interface' && options.PROTOCOLS.includes(
		section.options.proto);
}

/* Return a tunnel without options for the peers of an interface that is not there. */
function orphans(sections, tunnels) {
	const types = sections.map(section => peerType(section.type))
		.filter(type => type && !tunnels.some(tunnel => tunnel.name === type.name));
	const names = [ ...new Set(types.map(type => type.name)) ];

	return names.map(name => ({
		name, proto: types.find(type => type.name === name).proto,
		options: null, peers: []
	}));
}

function withLabels(sections) {
	const counts = {};

	return sections.map(section => {
		const index = counts[section.type] = (counts[section.type] ?? -1) + 1;

		return { section, label: section.name || `@${section.type}[${index}]` };
	});
}

function read(sections) {
	const network = sections.filter(section =>
		[ '', 'network', undefined ].includes(section.package));
	const reader = new Reader();
	const tunnels = network.filter(isTunnel).map(section => reader.tunnel(section));
	const all = tunnels.concat(orphans(network, tunnels));

	for (const { section, label } of withLabels(network)) {
		const type = peerType(section.type);

		if (type)
			reader.peer(all.find(tunnel => tunnel.name === type.name), section, label);
	}

	all.forEach(tunnel => reader.overlaps(tunnel));

	return { tunnels: all, complaints: reader.complaints };
}

function written(table, its) {
	const known = table.filter(row => !options.isDefault(row, its[row.name]))
		.map(row => [ row.name, its[row.name] ]);
	const unknown = Object.entries(its).filter(([ name ]) => !options.row(table, name));

	return Object.fromEntries(known.concat(unknown));
}

function write(tunnel) {
	const proto = tunnel.proto || DEFAULT_PROTOCOL;
	const head = tunnel.options ? [ {
		package: '', type: 'interface', name: tunnel.name,
		options: { proto, ...written(options.INTERFACE, tunnel.options) }
	} ] : [];

	return head.concat(tunnel.peers.map(peer => ({
		package: '', type: `${proto}_${tunnel.name}`, name: peer.name ?? '',
		options: written(options.PEER, peer.options)
	})));
}

function fromLuci(objects, config) {
	return objects.map(object => ({
		package: config ?? 'network',
		type: object['.type'],
		name: object['.anonymous'] ? '' : object['.name'],
		id: object['.name'],
		options: Object.fromEntries(
			Object.entries(object).filter(([ name ]) => !name.startsWith('.'))),
		lines: {}
	}));
}

return baseclass.extend({
	/* Convert the result of LuCI's uci.sections for a configuration (default:
	   'network') to sections with an id each. */
	fromLuci,
	/* Convert sections to { tunnels, complaints }; packages other than network are
	   ignored. */
	read,
	/* Convert a tunnel to sections; options with their default value are omitted. */
	write
});
