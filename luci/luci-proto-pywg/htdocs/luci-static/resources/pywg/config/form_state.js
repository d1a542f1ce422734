'use strict';
'require baseclass';
'require pywg.backend as backend';
'require pywg.config.options as options';
'require uci';

/*
 * Tunnels of import_export.js from the configuration and from what a form shows of it,
 * with what was changed and not saved yet.
 */

function isEmpty(value) {
	return value === null || value === undefined || value === '' ||
		(Array.isArray(value) && !value.length);
}

/* Options of a section: what a form shows goes before what is stored. */
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

function peersOf(name, grid) {
	return uci.sections('network', `pywg_${name}`).map(one => ({
		id: one['.name'], name: one['.anonymous'] ? '' : one['.name'],
		options: optionsOf(options.PEER, one['.name'], grid)
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
		peers: peersOf(name, grid)
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
	/* Interface's name -> its tunnel; a form's section, and the grid of peers, may have
	   changes that are not saved. */
	tunnel,
	/* All tunnels of the configuration. */
	tunnels() {
		return uci.sections('network', 'interface')
			.filter(one => one.proto === 'pywg').map(one => tunnel(one['.name']));
	},
	/* The same tunnel with the keys themselves, for export. */
	revealSecrets: its => eachSecret(its, REVEAL),
	/* The same tunnel with keys that stay outside of the configuration. */
	storeSecrets: its => eachSecret(its, STORE)
});
