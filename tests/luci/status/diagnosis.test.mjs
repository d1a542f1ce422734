/* The texts of diagnosis codes. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { load, plain } from '../luci.mjs';

const diagnosis = load('pywg.status.diagnosis');
const TONES = [ 'good', 'idle', 'waiting', 'bad', 'off' ];

test('every state has a title and a tone, and every bad state an advice', () => {
	for (const code of diagnosis.codes()) {
		const found = diagnosis.peer({ state: code, reason: 'in detail' });

		assert.ok(found.title && found.title !== code, code);
		assert.ok(TONES.includes(found.tone), code);
		assert.ok(found.tone !== 'bad' || (found.cause && found.advice), code);
	}
});

test('untranslated reason is the detail of a state with a cause', () => {
	const found = state => diagnosis.peer({ state, reason: 'no answer from 192.0.2.1' });

	assert.equal(found('no_answer').detail, 'no answer from 192.0.2.1');
	assert.equal(found('linked').detail, '');
});

test('unknown state is shown with its untranslated reason', () => {
	const found = plain(diagnosis.peer({ state: 'new_code', reason: 'something else' }));

	assert.equal(found.title, 'new_code');
	assert.equal(found.cause, 'something else');
	assert.equal(found.tone, 'bad');
});

/* Seconds since the handshake, tone, text. */
const AGES = [
	[ null, 'off', 'never' ],
	[ 0, 'good', '0 s ago' ],
	[ 179, 'good', '2 min ago' ],
	[ 180, 'waiting', '3 min ago' ],
	[ 600, 'idle', '10 min ago' ],
	[ 1e6, 'idle', '11 d ago' ]
];

for (const [ seconds, tone, text ] of AGES)
	test(`age of ${seconds} s is '${text}'`, () => {
		assert.deepEqual(plain(diagnosis.age(seconds)), { tone, text });
	});

test('drops are sorted by fault and count, without zero counts', () => {
	const found = diagnosis.drops({
		replayed: 9, mac1_invalid: 1, no_peer: 5, ecn_congestion: 0, from_the_future: 2
	});

	assert.deepEqual(plain(found.map(({ reason }) => reason)),
		[ 'no_peer', 'from_the_future', 'mac1_invalid', 'replayed' ]);
	assert.equal(found[1].text, 'from_the_future');
});
