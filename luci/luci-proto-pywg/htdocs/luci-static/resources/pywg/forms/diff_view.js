'use strict';
'require baseclass';

/* Views of pending changes, and of the complaints about a configuration. */

const KINDS = {
	added: _('added'), removed: _('removed'), changed: _('changed'),
	unchanged: _('unchanged')
};
const LINES = { '+': 'ins', '-': 'del', ' ': 'span' };

function tone(finding) {
	return finding.severity === 'error' ? 'pywg-warning' : 'pywg-note';
}

function placeOf(complaint) {
	const parts = [
		complaint.line ? _('line %d').format(complaint.line) : '',
		complaint.section, complaint.option
	];

	return parts.filter(part => part).join(', ');
}

function complaintNode(complaint) {
	const place = placeOf(complaint);

	return E('li', { 'class': tone(complaint) },
		place ? `${place}: ${complaint.reason}` : complaint.reason);
}

function changeNode(change) {
	const lines = change.lines.filter(line =>
		line.sign !== ' ' || change.kind !== 'unchanged');

	return E('div', { 'class': 'pywg-change', 'data-kind': change.kind }, [
		E('strong', change.title), ' ', E('em', KINDS[change.kind]),
		...lines.map(line => E(LINES[line.sign], `${line.sign} ${line.text}`))
	]);
}

return baseclass.extend({
	/* Return a list of complaints of import_export.js. */
	complaints: complaints => E('ul', complaints.map(complaintNode)),

	/* Return a node for each problem of site_plan.js. */
	problems: problems => problems.map(problem => E('div', {
		'class': `pywg-sentence ${tone(problem)}`
	}, problem.reason)),

	/* Return a node with the changes of diff.js. */
	changes(changes) {
		const isUnchanged = changes.every(change => change.kind === 'unchanged');

		return E('div', { 'class': 'pywg-changes' }, isUnchanged
			? E('p', _('No changes.')) : changes.map(changeNode));
	}
});
