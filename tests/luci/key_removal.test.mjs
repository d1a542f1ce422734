/*
 * Stored keys are removed after a confirmed apply, and at no other time.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Page, missing } from './page.mjs';

const SECTIONS = { network: [
	{ '.name': 'wg0', '.type': 'interface', proto: 'pywg', private_key: 'kept:own' },
	{ '.name': 'cabin', '.type': 'pywg_wg0', preshared_key: 'kept:shared' }
] };

function open(removeUnused) {
	const calls = [];
	const page = new Page(SECTIONS, {
		'luci.pywg.remove_unused': async () => {
			calls.push('remove_unused');

			return removeUnused();
		}
	});

	return { page, calls, protocol: page.require('protocol.pywg') };
}

function send(page, name) {
	page.document.dispatchEvent(new page.window.CustomEvent(name));

	return page.settled();
}

test('deletion alone removes no key', { skip: missing }, async () => {
	const { page, calls, protocol } = open(() => ({}));

	protocol.sid = 'wg0';
	protocol.deleteConfiguration();
	await page.settled();
	assert.deepEqual(page.uci.sections('network', 'pywg_wg0'), []);
	assert.deepEqual(calls, []);
});

test('reverted change removes no key', { skip: missing }, async () => {
	const { page, calls } = open(() => ({}));

	await send(page, 'uci-reverted');
	assert.deepEqual(calls, []);
});

test('confirmed change removes the keys that are not used any more',
	{ skip: missing }, async () => {
		const { page, calls } = open(() => ({}));

		await send(page, 'uci-applied');
		assert.deepEqual(calls, [ 'remove_unused' ]);
	});

test('error of the removal disturbs no page', { skip: missing }, async () => {
	const { page, calls } = open(() => {
		throw new Error('no permission');
	});

	await send(page, 'uci-applied');
	assert.deepEqual(calls, [ 'remove_unused' ]);
	assert.deepEqual([ ...page.document.querySelectorAll('.modal') ], []);
});
