/* Words in another language than the source's. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import { load } from './luci.mjs';

const ENTRY = /^msgid "(.+)"\nmsgstr "(.+)"$/gm;

function words(language) {
	const url = new URL(
		`../../luci/luci-proto-pywg/po/${language}/pywg.po`, import.meta.url);
	const unquote = text => text.replace(/\\(.)/g, '$1');

	return Object.fromEntries([ ...readFileSync(url, 'utf8').matchAll(ENTRY) ]
		.map(([ , text, translated ]) => [ unquote(text), unquote(translated) ]));
}

test('modules speak the language of the user', () => {
	assert.equal(load('pywg.units', words('de')).ago(300), 'vor 5 min');
	assert.equal(load('pywg.units', words('fr')).ago(300), 'il y a 5 min');
	assert.equal(
		load('pywg.status.diagnosis', words('de')).peer({ state: 'no_route' }).title,
		'no_route');
	assert.equal(
		load('pywg.status.diagnosis', words('de')).peer({ state: 'unreachable' }).title,
		'Keine Route');
});
