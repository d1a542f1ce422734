'use strict';
'require baseclass';
'require pywg.config.options as options';

/*
 * UCI text, read as libuci reads it and written as `uci commit` writes it: the rules
 * are those of pywg_embedded/openwrt/uci.py.
 *
 * A section is { package, type, name, options, lines }: an option is a text or an array
 * of texts, lines has the line of each, and of the section itself at ''.
 */

const SPACES = ' \t\n\v\f\r';
const QUOTES = '\'"';
const BARE = /[^ \t\n\v\f\r'"\\#;]+/y;
const WITHIN = { '\'': /[^']+/y, '"': /[^"\\]+/y };
const NAME = /^[A-Za-z0-9_]+$/;
const PACKAGE = /^[A-Za-z0-9_-]+$/;
const TYPE = /^[!-~]+$/;
const PLAIN_TYPE = /^[^'"\\#;]+$/;
/* command: fewest and most words behind it */
const WORDS = { package: [ 1, 1 ], config: [ 1, 2 ], option: [ 1, 2 ], list: [ 1, 2 ] };

function refuse(words, ...values) {
	throw new SyntaxError(words.format(...values));
}

function commandNamed(word) {
	const found = Object.keys(WORDS).find(name => word === name || word === name[0]);

	return found ?? refuse(_('%s is none of %s'),
		options.quote(word), Object.keys(WORDS).join(', '));
}

/* Goes through a text a line at a time; a word may ask for the next line. */
class Scanner {
	constructor(text) {
		this.text = text;
		this.at = 0;
		/* Of the line: behind its last character, its end included. */
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

	/* The next statement of the line, or null. */
	statement() {
		this.skip(' \t');

		if (this.current() === '' || this.current() === '#')
			return null;

		const command = this.command();
		const [ fewest, most ] = WORDS[command];
		const words = Array.from({ length: most }, () => this.word());
		const tooMuch = this.word();

		if (words.slice(0, fewest).includes(''))
			refuse(_('%s needs a name behind it'), options.quote(command));

		if (tooMuch)
			refuse(_('%s is too much; quote a value that has spaces'),
				options.quote(tooMuch));

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

		/* What follows a ';' that touches a bare word, libuci drops. */
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
				refuse(_('the %s of line %d is never closed'), mark, line);
		}

		this.at++;

		return text;
	}

	/* As many characters as are plain, or one behind a backslash, or none. */
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

function checkName(text, form, words) {
	if (!form.test(text))
		refuse(words, options.quote(text));
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
			_('%s cannot name a package: use letters, digits, \'_\' and \'-\''));
		this.current = name;
	}

	config(type, name, line) {
		checkName(type, TYPE,
			_('%s cannot be a type: use printable characters and no space'));

		if (name)
			checkName(name, NAME,
				_('%s cannot name a section: use letters, digits and \'_\''));

		const known = name && this.sections.find(one =>
			one.name === name && one.package === this.current);

		if (known && known.type !== type)
			refuse(_('section %s is a %s already; give one of the two another name'),
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

		/* '' is no value, and takes away none. */
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
			refuse(_('this option stands before any \'config\''));

		checkName(name, NAME,
			_('%s cannot name an option: use letters, digits and \'_\''));
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

			for (let one; (one = scanner.statement()) !== null; line = scanner.line)
				reader.take(one.command, one.words, line);
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
	 * text -> { sections, error }: a section whose name returns goes on where it was;
	 * error is null or { line, reason }, and then there are no sections, just as libuci
	 * would not read the file either.
	 */
	parse,
	/* sections -> text, whatever their packages are. */
	format,
	/* All values of an option of a section, whichever way it was written. */
	values(section, option) {
		return [].concat(section.options[option] ?? []);
	}
});
