/* Prints the tables that exist in Python as well, as JSON. */

import { load } from './luci.mjs';

const { dropReasons } = load('pywg.status.diagnosis');

console.log(JSON.stringify({ DROPS: dropReasons() }));
