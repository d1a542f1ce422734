/* Prints the table of options as JSON. */

import { load } from './luci.mjs';

const { INTERFACE, PEER, NETIFD } = load('pywg.options');
const rows = table => table.map(({ name, kind, fallback, separators }) =>
	({ name, kind, fallback, separators: separators ? separators.source : '' }));

console.log(JSON.stringify({ INTERFACE: rows(INTERFACE), PEER: rows(PEER), NETIFD }));
