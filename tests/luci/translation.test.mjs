/* Texts in the language of the user. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import { load } from './luci.mjs';

const ENTRY = /^msgid "(.+)"\nmsgstr "(.+)"$/gm;

function translations(language) {
	const url = new URL(
		`../../luci/luci-proto-pywg/po/${language}/pywg.po`, import.meta.url);
	const unquote = text => text.replace(/\\(.)/g, '$1');

	return Object.fromEntries([ ...readFileSync(url, 'utf8').matchAll(ENTRY) ]
		.map(([ , text, translated ]) => [ unquote(text), unquote(translated) ]));
}

test('texts are translated', () => {
	assert.equal(load('pywg.units', translations('de')).ago(300), 'vor 5 min');
	assert.equal(load('pywg.units', translations('fr')).ago(300), 'il y a 5 min');

	const diagnosis = load('pywg.status.diagnosis', translations('de'));

	assert.equal(diagnosis.peer({ state: 'no_route' }).title, 'no_route');
	assert.equal(diagnosis.peer({ state: 'unreachable' }).title, 'Keine Route');
});
