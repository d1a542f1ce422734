/* Reads requests as JSON lines, [function, arguments...], and prints the result of
   each; null stands for a rejected value. */

import { createInterface } from 'node:readline';

import { Realm } from './luci.mjs';

const realm = new Realm();
const options = realm.require('pywg.config.options');
const uciText = realm.require('pywg.config.uci_text');
const wgconf = realm.require('pywg.config.wgconf');

function sections(text) {
	const { sections: found, error } = uciText.parse(text);

	return error
		? { line: error.line }
		: { sections: found.map(section =>
			[ section.type, section.name, section.options ]) };
}

function value(table, name, text) {
	try {
		return options.canonical(options.row(options[table], name), [ text ]);
	}
	catch {
		return null;
	}
}

/* Return the first rejected line, or the options of the peers. */
function conf(text) {
	const found = wgconf.read(text);
	const rejected = found.complaints.filter(({ severity }) => severity !== 'warning');

	return rejected.length
		? { line: rejected[0].line }
		: { peers: found.peers.map(peer =>
			[ peer.public_key, peer.allowed_ips ?? [], peer.persistent_keepalive ?? '0' ]) };
}

const FUNCTIONS = { sections, value, conf };

for await (const line of createInterface({ input: process.stdin })) {
	const [ name, ...values ] = JSON.parse(line);

	console.log(JSON.stringify(FUNCTIONS[name](...values)));
}
