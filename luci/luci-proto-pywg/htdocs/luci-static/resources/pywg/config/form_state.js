'use strict';
'require baseclass';
'require pywg.backend as backend';
'require pywg.config.options as options';
'require uci';

/*
 * Tunnels of import_export.js as configured, with the unsaved values of a form.
 */

function isEmpty(value) {
	return value === null || value === undefined || value === '' ||
		(Array.isArray(value) && !value.length);
}

/* The options of a section; a value in the form takes precedence. */
function optionsOf(table, id, form) {
	const stored = uci.get('network', id) ?? {};
	const found = {};

	for (const row of table) {
		const value = form?.formvalue(id, row.name) ?? stored[row.name];

		if (!isEmpty(value))
			found[row.name] = options.canonical(row, [].concat(value));
	}

	return found;
}

/* The options of a section that have valid values. */
function validOptionsOf(table, id) {
	const stored = uci.get('network', id) ?? {};
	const isValid = row => [].concat(stored[row.name] ?? []).every(text =>
		!options.reason(table, row.name, text));

	return optionsOf(table.filter(isValid), id);
}

function peersOf(name, read) {
	return uci.sections('network', `pywg_${name}`).map(section => ({
		id: section['.name'], name: section['.anonymous'] ? '' : section['.name'],
		options: read(options.PEER, section['.name'])
	}));
}

function netifdOptions(name) {
	return Object.fromEntries(Object.entries(uci.get('network', name) ?? {})
		.filter(([ option ]) => options.NETIFD.includes(option) && option !== 'proto'));
}

function tunnel(name, form, grid) {
	return {
		name, proto: 'pywg',
		options: {
			...netifdOptions(name), ...optionsOf(options.INTERFACE, name, form)
		},
		peers: peersOf(name, (table, id) => optionsOf(table, id, grid))
	};
}

/* A peer without a valid public key cannot be identified. */
function validTunnel(name) {
	return {
		name, proto: 'pywg',
		options: {
			...netifdOptions(name), ...validOptionsOf(options.INTERFACE, name)
		},
		peers: peersOf(name, validOptionsOf).filter(peer => peer.options.public_key)
	};
}

async function withSecrets(its, change) {
	const found = { ...its };

	for (const name of options.SECRETS)
		if (found[name] && found[name] !== 'generate')
			found[name] = await change[name](found[name]);

	return found;
}

async function eachSecret(its, change) {
	const peers = [];

	for (const peer of its.peers)
		peers.push({ ...peer, options: await withSecrets(peer.options, change) });

	return {
		...its, peers,
		options: its.options && await withSecrets(its.options, change)
	};
}

function unlessStored(store) {
	return secret => backend.isStored(secret)
		? secret : store(secret).then(answer => answer.secret);
}

const REVEAL = {
	private_key: secret => backend.reveal(secret),
	preshared_key: secret => backend.reveal(secret)
};

const STORE = {
	private_key: unlessStored(key => backend.storeKey(key)),
	preshared_key: unlessStored(key => backend.storePsk(key))
};

return baseclass.extend({
	/* Return the tunnel of an interface, by name. The section of the interface's form
	   and the grid of its peers, or null, contribute unsaved values. Throws a TypeError
	   with the reason if a value is invalid. */
	tunnel,
	/* Return all configured tunnels; invalid values are omitted. */
	tunnels() {
		return uci.sections('network', 'interface')
			.filter(section => section.proto === 'pywg')
			.map(section => validTunnel(section['.name']));
	},
	/* Return a promise of the tunnel with its keys in the place of their names, for
	   export. */
	revealSecrets: its => eachSecret(its, REVEAL),
	/* Store the keys of a tunnel on the router, and return a promise of the tunnel with
	   their names in the place of the keys. */
	storeSecrets: its => eachSecret(its, STORE)
});
