/* Codes to words, and what to do. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { load, plain } from '../luci.mjs';

const diagnosis = load('pywg.status.diagnosis');
const TONES = [ 'good', 'idle', 'waiting', 'bad', 'off' ];

test('every state has a name and a tone, and all trouble says what to do', () => {
	for (const code of diagnosis.codes()) {
		const found = diagnosis.peer({ state: code, reason: 'in detail' });

		assert.ok(found.title, code);
		assert.ok(TONES.includes(found.tone), code);
		assert.ok(found.tone !== 'bad' || (found.cause && found.advice), code);
	}
});

test('the router\'s own words go along, where there is something to say', () => {
	const told = state => diagnosis.peer({ state, reason: 'no answer from 192.0.2.1' });

	assert.equal(told('no_answer').detail, 'no answer from 192.0.2.1');
	assert.equal(told('linked').detail, '');
});

test('a state that is not known here is told in the router\'s words', () => {
	const found = plain(diagnosis.peer({ state: 'new_code', reason: 'something else' }));

	assert.equal(found.title, 'new_code');
	assert.equal(found.cause, 'something else');
	assert.equal(found.tone, 'bad');
});

/* Seconds since the handshake, tone, words. */
const AGES = [
	[ null, 'off', 'never' ],
	[ 0, 'good', '0 s ago' ],
	[ 179, 'good', '2 min ago' ],
	[ 180, 'waiting', '3 min ago' ],
	[ 600, 'idle', '10 min ago' ],
	[ 1e6, 'idle', '11 d ago' ]
];

for (const [ number, [ seconds, tone, words ] ] of AGES.entries())
	test(`age ${number}: ${seconds}`, () => {
		assert.deepEqual(plain(diagnosis.age(seconds)), { tone, text: words });
	});

test('drops come with trouble first, then the most, and none that never were', () => {
	const found = diagnosis.drops({
		'replayed': 9, 'mac1': 1, 'no peer': 5, 'congestion': 0, 'from the future': 2
	});

	assert.deepEqual(plain(found.map(one => one.reason)),
		[ 'no peer', 'from the future', 'mac1', 'replayed' ]);
	assert.equal(found[1].text, 'from the future');
});
