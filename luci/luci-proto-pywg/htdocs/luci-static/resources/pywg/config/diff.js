'use strict';
'require baseclass';
'require pywg.config.options as options';
'require pywg.config.uci_tunnel as uciTunnel';

/*
 * The difference between a tunnel and an imported one: shown first, then applied.
 *
 * Tunnels are those of import_export.js; a section of the configuration also has its
 * id. Peers are matched by public key.
 */

const HIDDEN = '••••••••';

function values(value) {
	return [].concat(value ?? []);
}

/* Preserve the options that a configuration file of wg(8) cannot contain. */
function withUnlisted(table, before, after) {
	const unlisted = Object.entries(before).filter(([ name ]) =>
		!options.row(table, name) && name !== 'proto');

	return { ...Object.fromEntries(unlisted), ...after };
}

function mergedPeer(before, after) {
	if (!before)
		return after;

	const { description, private_key } = before.options;
	const its = withUnlisted(options.PEER, before.options, after.options);
	const own = private_key ? { private_key } : {};

	return {
		...before,
		options: { ...(description ? { description } : {}), ...own, ...its }
	};
}

function findPeer(peers, publicKey) {
	return peers.find(peer => peer.options.public_key === publicKey);
}

function merge(current, imported) {
	if (!current)
		return { ...imported, proto: 'pywg' };

	const renewed = imported.peers.map(peer =>
		mergedPeer(findPeer(current.peers, peer.options.public_key), peer));

	if (imported.options)
		return {
			...current,
			options: withUnlisted(options.INTERFACE, current.options, imported.options),
			peers: renewed
		};

	const existing = current.peers.map(peer =>
		findPeer(renewed, peer.options.public_key) ?? peer);
	const added = renewed.filter(peer =>
		!findPeer(existing, peer.options.public_key));

	return { ...current, peers: existing.concat(added) };
}

function shown(name, value) {
	return `${name}: ${options.SECRETS.includes(name) ? HIDDEN : value}`;
}

function optionLines(name, before, after) {
	const removed = values(before).filter(value => !values(after).includes(value));
	const added = values(after).filter(value => !values(before).includes(value));
	const unchanged = values(after).filter(value => values(before).includes(value));
	const lines = (sign, texts) =>
		texts.map(text => ({ sign, text: shown(name, text) }));

	return [ ...lines(' ', unchanged), ...lines('-', removed), ...lines('+', added) ];
}

function sectionLines(before, after) {
	const names = new Set([ ...Object.keys(before), ...Object.keys(after) ]);

	return [ ...names ].flatMap(name => optionLines(name, before[name], after[name]));
}

function kindOf(before, after, lines) {
	if (!before || !after)
		return before ? 'removed' : 'added';

	return lines.some(line => line.sign !== ' ') ? 'changed' : 'unchanged';
}

/* The sections of the interface and of the peers as written, without default values. */
function sectionsOf(tunnel) {
	if (!tunnel)
		return [];

	const heads = tunnel.options ? [ tunnel ] : [];
	const written = uciTunnel.write(tunnel);

	return [ ...heads, ...tunnel.peers ].map((entry, at) => ({
		...written[at],
		id: heads.includes(entry) ? tunnel.name : entry.id,
		key: heads.includes(entry) ? '' : entry.options.public_key
	}));
}

function pairs(before, after) {
	const old = sectionsOf(before), now = sectionsOf(after);
	const find = (sections, key) => sections.find(section => section.key === key);
	const removed = old.filter(section => !find(now, section.key));

	return now.map(section => [ find(old, section.key), section ])
		.concat(removed.map(section => [ section, undefined ]));
}

function title(section) {
	return section.key === ''
		? _('Interface %s').format(section.name)
		: _('Peer %s').format(section.options.description ?? section.key);
}

function between(before, after) {
	return pairs(before, after).map(([ old, now ]) => {
		const lines = sectionLines(old?.options ?? {}, now?.options ?? {});

		return { kind: kindOf(old, now, lines), title: title(now ?? old), lines };
	});
}

function isSame(first, second) {
	return Array.isArray(first) === Array.isArray(second) &&
		values(first).join('\n') === values(second).join('\n');
}

function settings(old, now) {
	const names = Object.keys(now.options)
		.filter(name => !isSame(old?.options[name], now.options[name]));
	const removed = Object.keys(old?.options ?? {})
		.filter(name => now.options[name] === undefined);

	return Object.fromEntries([
		...names.map(name => [ name, now.options[name] ]),
		...removed.map(name => [ name, null ])
	]);
}

function steps(before, after) {
	return pairs(before, after).map(([ old, now ]) => {
		if (!now)
			return { action: 'remove', id: old.id };

		const target = old
			? { action: 'set', id: old.id }
			: { action: 'add', type: now.type, name: now.name };

		return { ...target, options: settings(old, now) };
	}).filter(step => step.action !== 'set' || Object.keys(step.options).length > 0);
}

function apply(uci, all, config) {
	for (const step of all) {
		if (step.action === 'remove') {
			uci.remove(config, step.id);
			continue;
		}

		const id = step.action === 'add'
			? uci.add(config, step.type, step.name || undefined) : step.id;

		for (const [ name, value ] of Object.entries(step.options))
			uci.set(config, id, name, value);
	}
}

return baseclass.extend({
	/*
	 * Merge an imported tunnel into the current one, or null, and return the result. A
	 * whole file replaces the interface and its peers; peers without an interface are
	 * added or updated. Options of netifd, descriptions and ids are preserved.
	 */
	merge,
	/*
	 * Return the changes between two tunnels, the first may be null: [{ kind, title,
	 * lines }]. kind is 'added', 'removed', 'changed' or 'unchanged'; a line is { sign,
	 * text } with sign '+', '-' or ' '. Secrets are hidden.
	 */
	between,
	/*
	 * Return the steps from one tunnel, which may be null, to another: { action: 'set',
	 * id, options }, { action: 'add', type, name, options } or { action: 'remove', id
	 * }. An option with value null is removed.
	 */
	steps,
	/* Apply steps to a configuration through LuCI's uci (add, set, remove). */
	apply
});
