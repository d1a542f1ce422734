'use strict';
'require baseclass';
'require pywg.config.options as options';
'require pywg.config.uci_tunnel as uciTunnel';

/*
 * What an import changes: shown before it is saved, and then done.
 *
 * Tunnels are those of import_export.js; a section of the running configuration has its
 * id. Peers are the same if their public keys are.
 */

const HIDDEN = '••••••••';

function values(value) {
	return [].concat(value ?? []);
}

/* Of what is there, an import leaves what no file of wg(8) can tell. */
function unlisted(table, before, after) {
	const others = Object.entries(before).filter(([ name ]) =>
		!options.row(table, name) && name !== 'proto');

	return { ...Object.fromEntries(others), ...after };
}

function mergedPeer(before, after) {
	if (!before)
		return after;

	const { description, private_key } = before.options;
	const its = unlisted(options.PEER, before.options, after.options);
	const own = private_key ? { private_key } : {};

	return {
		...before,
		options: { ...(description ? { description } : {}), ...own, ...its }
	};
}

function twin(peers, peer) {
	return peers.find(one => one.options.public_key === peer.options.public_key);
}

function merge(current, imported) {
	if (!current)
		return { ...imported, proto: 'pywg' };

	const renewed = imported.peers.map(peer =>
		mergedPeer(twin(current.peers, peer), peer));

	if (imported.options)
		return {
			...current,
			options: unlisted(options.INTERFACE, current.options, imported.options),
			peers: renewed
		};

	const stay = current.peers.map(peer => twin(renewed, peer) ?? peer);

	return {
		...current, peers: stay.concat(renewed.filter(peer => !twin(stay, peer)))
	};
}

function shown(name, value) {
	return `${name}: ${options.SECRETS.includes(name) ? HIDDEN : value}`;
}

function optionLines(name, before, after) {
	const gone = values(before).filter(one => !values(after).includes(one));
	const come = values(after).filter(one => !values(before).includes(one));
	const same = values(after).filter(one => values(before).includes(one));
	const lines = (sign, texts) =>
		texts.map(text => ({ sign, text: shown(name, text) }));

	return [ ...lines(' ', same), ...lines('-', gone), ...lines('+', come) ];
}

function sectionLines(before, after) {
	const names = new Set([ ...Object.keys(before), ...Object.keys(after) ]);

	return [ ...names ].flatMap(name => optionLines(name, before[name], after[name]));
}

function kindOf(before, after, lines) {
	if (!before || !after)
		return before ? 'removed' : 'added';

	return lines.some(line => line.sign !== ' ') ? 'changed' : 'same';
}

/* Interface and peers as they are written: what has its default is not. */
function sectionsOf(tunnel) {
	if (!tunnel)
		return [];

	const heads = tunnel.options ? [ tunnel ] : [];
	const written = uciTunnel.write(tunnel);

	return [ ...heads, ...tunnel.peers ].map((one, at) => ({
		...written[at],
		id: heads.includes(one) ? tunnel.name : one.id,
		key: heads.includes(one) ? '' : one.options.public_key
	}));
}

function pairs(before, after) {
	const old = sectionsOf(before), now = sectionsOf(after);
	const gone = old.filter(one => !now.some(other => other.key === one.key));

	return now.map(one => [ old.find(other => other.key === one.key), one ])
		.concat(gone.map(one => [ one, undefined ]));
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

function isSame(one, other) {
	return Array.isArray(one) === Array.isArray(other) &&
		values(one).join('\n') === values(other).join('\n');
}

function settings(old, now) {
	const names = Object.keys(now.options)
		.filter(name => !isSame(old?.options[name], now.options[name]));
	const gone = Object.keys(old?.options ?? {})
		.filter(name => now.options[name] === undefined);

	return Object.fromEntries([
		...names.map(name => [ name, now.options[name] ]),
		...gone.map(name => [ name, null ])
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
	 * The tunnel as it is (or null), and an imported one -> as it will be: a whole file
	 * replaces interface and peers, peers alone are added or renewed. What the text
	 * cannot say stays: netifd's options, descriptions, ids.
	 */
	merge,
	/*
	 * Tunnels before (or null) and after -> [{ kind: 'added', 'removed', 'changed' or
	 * 'same', title, lines: [{ sign: '+', '-' or ' ', text }] }]; secrets are hidden.
	 */
	between,
	/*
	 * The same -> what to do: [{ action: 'set', id, options }, { action: 'add', type,
	 * name, options }, { action: 'remove', id }]; an option that is null is removed.
	 */
	steps,
	/* Do the steps through LuCI's uci (add, set, remove) in a configuration. */
	apply
});
