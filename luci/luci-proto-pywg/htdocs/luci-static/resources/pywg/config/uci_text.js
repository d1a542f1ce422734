'use strict';
'require baseclass';
'require pywg.config.options as options';

/*
 * UCI text, parsed as by libuci and written as by `uci commit`, with the rules of
 * pywg_embedded/openwrt/uci.py.
 *
 * A section is { package, type, name, options, lines }: the value of an option is a
 * text or an array of texts; lines maps each option to its line number, and '' to that
 * of the section.
 */

const SPACES = ' \t\n\v\f\r';
const QUOTES = '\'"';
const BARE = /[^ \t\n\v\f\r'"\\#;]+/y;
const WITHIN = { '\'': /[^']+/y, '"': /[^"\\]+/y };
const NAME = /^[A-Za-z0-9_]+$/;
const PACKAGE = /^[A-Za-z0-9_-]+$/;
const TYPE = /^[!-~]+$/;
const PLAIN_TYPE = /^[^'"\\#;]+$/;
/* Minimum and maximum number of arguments of each keyword. */
const WORDS = { package: [ 1, 1 ], config: [ 1, 2 ], option: [ 1, 2 ], list: [ 1, 2 ] };

function reject(message, ...values) {
	throw new SyntaxError(message.format(...values));
}

function commandNamed(word) {
	const found = Object.keys(WORDS).find(name => word === name || word === name[0]);

	return found ?? reject(_('%s is not a UCI keyword (expected %s)'),
		options.quote(word), Object.keys(WORDS).join(', '));
}

/* Reads a text line by line; a quoted word may continue on the next line. */
class Scanner {
	constructor(text) {
		this.text = text;
		this.at = 0;
		/* The offset after the line, with its line break. */
		this.end = 0;
		this.line = 0;
	}

	nextLine() {
		this.at = this.end;

		return this.extend();
	}

	extend() {
		if (this.end === this.text.length)
			return false;

		this.end = this.text.indexOf('\n', this.end) + 1 || this.text.length;
		this.line++;

		return true;
	}

	current() {
		return this.at < this.end ? this.text[this.at] : '';
	}

	skip(characters) {
		while (this.current() && characters.includes(this.current()))
			this.at++;
	}

	/* Return the next statement of the line, or null. */
	statement() {
		this.skip(' \t');

		if (this.current() === '' || this.current() === '#')
			return null;

		const command = this.command();
		const [ fewest, most ] = WORDS[command];
		const words = Array.from({ length: most }, () => this.word());
		const excess = this.word();

		if (words.slice(0, fewest).includes(''))
			reject(_('%s requires a name'), options.quote(command));

		if (excess)
			reject(_('unexpected text %s; quote values that contain spaces'),
				options.quote(excess));

		return { command, words };
	}

	command() {
		const start = this.at;

		while (this.current() && !' \t'.includes(this.current()))
			this.at++;

		return commandNamed(this.text.slice(start, this.at));
	}

	word() {
		this.skip(SPACES);

		if (this.current() === ';') {
			this.at++;

			return '';
		}

		const start = this.at;
		const text = this.pieces();
		const bare = text.length === this.at - start;

		/* libuci ignores the text after a ';' that directly follows a bare word. */
		if (this.current() === '#' || (this.current() === ';' && bare))
			this.at = this.end;
		else if (this.current() !== ';')
			this.at = Math.min(this.at + 1, this.end);

		return text;
	}

	pieces() {
		let text = '';

		while (this.current() && !SPACES.includes(this.current())) {
			const mark = this.current();

			if (mark === '#' || mark === ';')
				break;

			text += QUOTES.includes(mark) ? this.quoted(mark) : this.run(BARE);
		}

		return text;
	}

	quoted(mark) {
		const line = this.line;
		let text = '';

		this.at++;

		while (this.current() !== mark) {
			if (this.current())
				text += this.run(WITHIN[mark]);
			else if (!this.extend())
				reject(_('the quote %s of line %d is not closed'), mark, line);
		}

		this.at++;

		return text;
	}

	/* Return the longest run of plain characters, or the character after a backslash,
	   or '' for an escaped line break. */
	run(plain) {
		plain.lastIndex = this.at;

		const found = plain.exec(this.text.slice(0, this.end));

		if (found) {
			this.at = plain.lastIndex;

			return found[0];
		}

		this.at++;

		if ([ '', '\n', '\r\n' ].includes(this.text.slice(this.at, this.end))) {
			this.at = this.end;
			this.extend();

			return '';
		}

		return this.text[this.at++];
	}
}

function checkName(text, pattern, message) {
	if (!pattern.test(text))
		reject(message, options.quote(text));
}

function append(target, name, value) {
	target[name] = [].concat(target[name] ?? [], value);
}

class Reader {
	constructor() {
		this.sections = [];
		this.current = '';
		this.open = null;
	}

	take(command, words, line) {
		this[command](words[0], words[1] ?? '', line);
	}

	package(name) {
		checkName(name, PACKAGE,
			_('%s is not a valid package name: use letters, digits, \'_\' and \'-\''));
		this.current = name;
	}

	config(type, name, line) {
		checkName(type, TYPE,
			_('%s is not a valid section type: use ' +
				'printable characters without spaces'));

		if (name)
			checkName(name, NAME,
				_('%s is not a valid section name: use letters, digits and \'_\''));

		const known = name && this.sections.find(section =>
			section.name === name && section.package === this.current);

		if (known && known.type !== type)
			reject(_('section %s already has type %s; rename one of the two sections'),
				options.quote(name), options.quote(known.type));

		this.open = known || this.add(type, name, line);
	}

	add(type, name, line) {
		const section = {
			package: this.current, type, name, options: {}, lines: { '': line }
		};

		this.sections.push(section);

		return section;
	}

	option(name, value, line) {
		this.expectSection(name);

		/* An empty value neither sets nor removes the option. */
		if (value !== '')
			this.open.options[name] = value;

		this.open.lines[name] = line;
	}

	list(name, value, line) {
		this.expectSection(name);
		append(this.open.options, name, value);
		this.open.lines[name] ??= line;
	}

	expectSection(name) {
		if (!this.open)
			reject(_('option outside of a \'config\' section'));

		checkName(name, NAME,
			_('%s is not a valid option name: use letters, digits and \'_\''));
	}
}

function parse(text) {
	const scanner = new Scanner(text);
	const reader = new Reader();
	let line = 0;

	try {
		while (scanner.nextLine()) {
			line = scanner.line;
			scanner.skip(SPACES);

			for (let next; (next = scanner.statement()) !== null; line = scanner.line)
				reader.take(next.command, next.words, line);
		}
	}
	catch (error) {
		return { sections: [], error: { line, reason: error.message } };
	}

	return { sections: reader.sections, error: null };
}

function quoted(text) {
	return `'${text.replaceAll('\'', '\'\\\'\'')}'`;
}

function formatOption([ name, value ]) {
	const command = Array.isArray(value) ? 'list' : 'option';

	return [].concat(value).map(text => `\t${command} ${name} ${quoted(text)}\n`);
}

function formatSection(section) {
	const type = PLAIN_TYPE.test(section.type) ? section.type : quoted(section.type);
	const name = section.name ? ` ${quoted(section.name)}` : '';
	const lines = Object.entries(section.options).flatMap(formatOption);

	return `\nconfig ${type}${name}\n${lines.join('')}`;
}

function format(sections) {
	return sections.map(formatSection).join('') + '\n';
}

return baseclass.extend({
	/*
	 * Parse a text to { sections, error }. A repeated section name extends the earlier
	 * section. error is null or { line, reason }; with an error there are no sections,
	 * because libuci would reject the whole file.
	 */
	parse,
	/* Format sections as text; their packages are ignored. */
	format,
	/* Return the values of an option of a section as an array. */
	values(section, option) {
		return [].concat(section.options[option] ?? []);
	}
});
