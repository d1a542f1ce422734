'use strict';
'require baseclass';
'require pywg.config.uci_text as uciText';

/*
 * A shell script that appends UCI text to the configuration files of a router. `uci
 * import` would replace a whole package, and its merge mode takes only one package.
 */

const HEAD = /^cat >>\/etc\/config\/([A-Za-z0-9_-]+) <<'(\w+)'$/;
const APPLY = 'reload_config';

function packagesOf(sections) {
	return [ ...new Set(sections.map(section => section.package)) ];
}

/* Return a delimiter of the here-document that is no line of the text. */
function delimiterOf(text) {
	const lines = text.split('\n');
	let end = 'END';

	while (lines.includes(end))
		end += '_';

	return end;
}

function append(name, sections) {
	const text = uciText.format(sections);
	const end = delimiterOf(text);

	return `cat >>/etc/config/${name} <<'${end}'\n${text}${end}\n`;
}

function write(sections) {
	return packagesOf(sections).map(name =>
		append(name, sections.filter(section => section.package === name))).join('') +
		`${APPLY}\n`;
}

/* Each line is replaced by exactly one line, so that line numbers stay correct. */
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
	/* Return a script that appends sections, each with its package. */
	write,
	/* Convert a script of this kind to UCI text with packages; other text is returned
	   unchanged. */
	read
});
