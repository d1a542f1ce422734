'use strict';
'require baseclass';
'require pywg.config.uci_text as uciText';

/*
 * UCI text to be pasted into a router's shell: it is appended to what is there. `uci
 * import` would replace all of a configuration, and can merge but one.
 */

const HEAD = /^cat >>\/etc\/config\/([A-Za-z0-9_-]+) <<'(\w+)'$/;
const APPLY = 'reload_config';

function packagesOf(sections) {
	return [ ...new Set(sections.map(one => one.package)) ];
}

/* A line that no value has. */
function endOf(text) {
	const lines = text.split('\n');
	let end = 'END';

	while (lines.includes(end))
		end += '_';

	return end;
}

function append(name, sections) {
	const text = uciText.format(sections);
	const end = endOf(text);

	return `cat >>/etc/config/${name} <<'${end}'\n${text}${end}\n`;
}

function write(sections) {
	return packagesOf(sections).map(name =>
		append(name, sections.filter(one => one.package === name))).join('') +
		`${APPLY}\n`;
}

/* Every line stays one, so that a complaint names the right one. */
function read(text) {
	let end = null;

	return text.split('\n').map(line => {
		const head = end === null && line.match(HEAD);

		if (head) {
			end = head[2];

			return `package ${head[1]}`;
		}

		if (line === end) {
			end = null;

			return '';
		}

		return end === null && line === APPLY ? '' : line;
	}).join('\n');
}

return baseclass.extend({
	/* Sections of ucitext, each with its package -> what a shell takes. */
	write,
	/* The same as UCI text with packages; other UCI text stays as it is. */
	read
});
