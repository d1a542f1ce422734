'use strict';
'require baseclass';
'require pywg.config.options as options';
'require pywg.config.uci_text as uciText';

/*
 * UCI sections <-> tunnels, see import_export.js, as pywg_embedded/openwrt/uci_network.py
 * has it.
 *
 * 1. A wrong value in a peer leaves that peer out, and no other.
 * 2. What is not in the tables is kept as it was written, and named in a warning.
 */

const DEFAULT_PROTOCOL = 'pywg';
const ERROR = 'error', LEFT_OUT = 'peer left out', WARNING = 'warning';

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

	/* The options of a section, canonical; null if one of them is wrong. */
	fill(section, label, table, known, severity) {
		const result = {};
		const unknown = [];
		let isComplete = true;

		for (const [ name, value ] of Object.entries(section.options)) {
			const row = options.row(table, name);

			try {
				result[name] = row
					? options.canonical(row, uciText.values(section, name)) : value;
			}
			catch (error) {
				this.complain(severity, label, section, name, error.message);
				isComplete = false;
			}

			if (!row && !known.includes(name))
				unknown.push(name);
		}

		unknown.forEach(name => this.complain(WARNING, label, section, name,
			_('no option of this name is known')));

		return isComplete ? result : null;
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

		const twin = tunnel.peers.find(other => other.options.disabled !== '1' &&
			its.disabled !== '1' && other.options.public_key === its.public_key);

		if (!its.public_key)
			this.complain(LEFT_OUT, label, section, 'public_key',
				_('missing: nobody can be told from others without it'));
		else if (twin)
			this.complain(LEFT_OUT, label, section, 'public_key',
				_('is that of %s already').format(twin.label));
		else
			tunnel.peers.push({
				name: section.name, id: section.id, label, options: its
			});
	}

	/* Allowed IPs that two peers have: the later one gets them. */
	overlaps(tunnel, section) {
		const owners = new Map();

		for (const peer of tunnel.peers.filter(one => one.options.disabled !== '1'))
			for (const prefix of peer.options.allowed_ips ?? []) {
				const owner = owners.get(prefix);

				owners.set(prefix, peer);

				if (owner && owner !== peer)
					this.complain(WARNING, peer.label, section, 'allowed_ips',
						_('%s is in %s too; only this peer gets it').format(
							prefix, owner.label));
			}
	}
}

function isOurs(section) {
	return section.type === 'interface' && options.PROTOCOLS.includes(
		section.options.proto);
}

/* Peers whose interface is not in the text. */
function orphans(sections, tunnels) {
	const types = sections.map(section => peerType(section.type))
		.filter(type => type && !tunnels.some(one => one.name === type.name));
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
	const network = sections.filter(one =>
		[ '', 'network', undefined ].includes(one.package));
	const reader = new Reader();
	const tunnels = network.filter(isOurs).map(section => reader.tunnel(section));
	const all = tunnels.concat(orphans(network, tunnels));

	for (const { section, label } of withLabels(network)) {
		const type = peerType(section.type);

		if (type)
			reader.peer(all.find(one => one.name === type.name), section, label);
	}

	all.forEach(one => reader.overlaps(one, { lines: {} }));

	return { tunnels: all, complaints: reader.complaints };
}

function written(table, its) {
	const known = table.filter(row => !options.isDefault(row, its[row.name]))
		.map(row => [ row.name, its[row.name] ]);
	const others = Object.entries(its).filter(([ name ]) => !options.row(table, name));

	return Object.fromEntries(known.concat(others));
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
	return objects.map(one => ({
		package: config ?? 'network',
		type: one['.type'],
		name: one['.anonymous'] ? '' : one['.name'],
		id: one['.name'],
		options: Object.fromEntries(
			Object.entries(one).filter(([ name ]) => !name.startsWith('.'))),
		lines: {}
	}));
}

return baseclass.extend({
	/*
	 * What LuCI's uci.sections gives of a configuration, 'network' if it is not said ->
	 * sections, each with its id besides.
	 */
	fromLuci,
	/*
	 * sections of ucitext -> { tunnels, complaints }; sections of other packages than
	 * network are not looked at.
	 */
	read,
	/* tunnel -> sections; what has its default value is not written. */
	write
});
