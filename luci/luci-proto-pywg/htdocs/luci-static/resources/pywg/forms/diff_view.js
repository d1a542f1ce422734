'use strict';
'require baseclass';
'require pywg.element as element';

/* Views of pending changes, and of the complaints about a configuration. */

const { create } = element;

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

	return create('li', { 'class': tone(complaint) },
		place ? `${place}: ${complaint.reason}` : complaint.reason);
}

function changeNode(change) {
	const lines = change.lines.filter(line =>
		line.sign !== ' ' || change.kind !== 'unchanged');

	return create('div', { 'class': 'pywg-change', 'data-kind': change.kind }, [
		create('strong', change.title), ' ', create('em', KINDS[change.kind]),
		...lines.map(line => create(LINES[line.sign], `${line.sign} ${line.text}`))
	]);
}

return baseclass.extend({
	/* Return a list of complaints of import_export.js. */
	complaints: complaints => create('ul', complaints.map(complaintNode)),

	/* Return a node for each problem of site_plan.js. */
	problems: problems => problems.map(problem => create('div', {
		'class': tone(problem)
	}, problem.reason)),

	/* Return a node with the changes of diff.js. */
	changes(changes) {
		const isUnchanged = changes.every(change => change.kind === 'unchanged');

		return create('div', { 'class': 'pywg-changes' }, isUnchanged
			? create('p', _('No changes.')) : changes.map(changeNode));
	}
});
