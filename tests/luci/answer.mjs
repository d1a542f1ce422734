/* Reads questions as JSON, [what, text] a line, and prints what the modules make of
   each: null stands for a refusal. */

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
		: { sections: found.map(one => [ one.type, one.name, one.options ]) };
}

function value(table, name, text) {
	try {
		return options.canonical(options.row(options[table], name), [ text ]);
	}
	catch {
		return null;
	}
}

/* The first line that is not taken, or what each peer is. */
function conf(text) {
	const found = wgconf.read(text);
	const refused = found.complaints.filter(one => one.severity !== 'warning');

	return refused.length
		? { line: refused[0].line }
		: { peers: found.peers.map(peer =>
			[ peer.public_key, peer.allowed_ips ?? [], peer.persistent_keepalive ?? '0' ]) };
}

const ANSWERS = { sections, value, conf };

for await (const line of createInterface({ input: process.stdin })) {
	const [ what, ...rest ] = JSON.parse(line);

	console.log(JSON.stringify(ANSWERS[what](...rest)));
}
