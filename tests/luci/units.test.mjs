/* Amounts, rates and durations as text. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { load } from './luci.mjs';

const units = load('pywg.units');

/* Function, value, text. */
const ROWS = [
	[ 'bytes', 0, '0 B' ],
	[ 'bytes', 1023, '1023 B' ],
	[ 'bytes', 1024, '1 KiB' ],
	[ 'bytes', 1536, '1.5 KiB' ],
	[ 'bytes', 123456789, '118 MiB' ],
	[ 'bytes', 1048575, '1 MiB' ],
	[ 'bytes', 2 ** 60, '1024 PiB' ],
	[ 'rate', 0, '0 bit/s' ],
	[ 'rate', 125, '1 kbit/s' ],
	[ 'rate', 1.5625e6, '12.5 Mbit/s' ],
	[ 'rate', 124999.99, '1 Mbit/s' ],
	[ 'duration', 0, '0 s' ],
	[ 'duration', 119, '119 s' ],
	[ 'duration', 120, '2 min' ],
	[ 'duration', 7199, '119 min' ],
	[ 'duration', 7200, '2 h' ],
	[ 'duration', 200000, '2 d' ],
	[ 'ago', null, 'never' ],
	[ 'ago', 5, '5 s ago' ]
];

for (const [ name, value, text ] of ROWS)
	test(`${name} of ${value} is '${text}'`, () => {
		assert.equal(units[name](value), text);
	});
