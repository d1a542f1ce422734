'use strict';
'require baseclass';

/* What an import or the assistant is about to change, and what is wrong with a text. */

const KINDS = {
	added: _('added'), removed: _('removed'), changed: _('changed'),
	same: _('unchanged')
};
const LINES = { '+': 'ins', '-': 'del', ' ': 'span' };

function tone(one) {
	return one.severity === 'error' ? 'pywg-warning' : 'pywg-note';
}

function where(complaint) {
	const parts = [
		complaint.line ? _('line %d').format(complaint.line) : '',
		complaint.section, complaint.option
	];

	return parts.filter(part => part).join(', ');
}

function complaint(one) {
	const place = where(one);

	return E('li', { 'class': tone(one) },
		place ? `${place}: ${one.reason}` : one.reason);
}

function change(one) {
	const lines = one.lines.filter(line => line.sign !== ' ' || one.kind !== 'same');

	return E('div', { 'class': 'pywg-change', 'data-kind': one.kind }, [
		E('strong', one.title), ' ', E('em', KINDS[one.kind]),
		...lines.map(line => E(LINES[line.sign], `${line.sign} ${line.text}`))
	]);
}

return baseclass.extend({
	/* The complaints of import_export.js. */
	complaints: all => E('ul', all.map(complaint)),

	/* Those of site_plan.js, a node each. */
	problems: all => all.map(one => E('div', {
		'class': `pywg-sentence ${tone(one)}`
	}, one.reason)),

	/* The changes of diff.js. */
	changes(all) {
		const isNothing = all.every(one => one.kind === 'same');

		return E('div', { 'class': 'pywg-changes' }, isNothing
			? E('p', _('This changes nothing.')) : all.map(change));
	}
});
