/* Prints the tables that exist in Python as well, as JSON. */

import { load } from './luci.mjs';

const { INTERFACE, PEER, NETIFD } = load('pywg.config.options');
const { ERRORS, codes, dropReasons } = load('pywg.status.diagnosis');
const rows = table => table.map(({ name, kind, fallback, separators }) =>
	({ name, kind, fallback, separators: separators ? separators.source : '' }));

console.log(JSON.stringify({
	INTERFACE: rows(INTERFACE), PEER: rows(PEER), NETIFD,
	STATES: codes(), DROPS: dropReasons(), ERRORS: Object.keys(ERRORS)
}));
