'use strict';
'require baseclass';
'require pywg.config.address as address';
'require pywg.config.keys as keys';
'require pywg.config.option_table as optionTable';

/*
 * Values of UCI options: the same checks as in pywg_embedded/openwrt/options.py. The
 * tables in option_table.js are generated from there.
 *
 * A value is a text as in UCI; the value of a list is an array of texts.
 */

const { TRUE, FALSE, RANGES, OFFLOADS } = optionTable;
const DIGITS = /^[0-9]{1,20}$/;
const HEXADECIMAL = /^0x[0-9a-f]{1,8}$/i;
const HOST = /^[A-Za-z0-9._-]+$/;
const DOTTED = /^[0-9.]+$/;
const SECRET = /[A-Za-z0-9+\x2f=]{40}/;
const STORED = /^kept:[A-Za-z0-9_-]{1,64}$/;
const QUOTED = 60;
const LONGEST_NAME = 253;
const LONGEST_LABEL = 63;

/* Quote a text in a message: shortened, and without keys. */
function quote(text) {
	if (SECRET.test(text))
		return _('(key hidden)');

	return `'${text.length > QUOTED ? text.slice(0, QUOTED) + '…' : text}'`;
}

function reject(message, ...values) {
	throw new TypeError(message.format(...values));
}

/* Each kind converts a text to canonical form; throws a TypeError with the reason. */

function number(least, greatest) {
	return text => {
		const value = BigInt(DIGITS.test(text) ? text : -1);

		if (value < least || value > greatest)
			reject(_('%s is not a number from %d to %d'), quote(text), least, greatest);

		return String(value);
	};
}

const port = number(...RANGES.port);
const mark = number(...RANGES.mark);
const keepalive = number(...RANGES.keepalive);

function flag(text) {
	if (!TRUE.includes(text) && !FALSE.includes(text))
		reject(_('%s is not a boolean (0 or 1)'), quote(text));

	return TRUE.includes(text) ? '1' : '0';
}

function key(text) {
	const reason = keys.reason(text);

	if (reason)
		reject('%s', reason);

	return text;
}

/* A key, or the name of a key that the router stores outside of the configuration. */
function secret(text) {
	return STORED.test(text) ? text : key(text);
}

function privateKey(text) {
	return text === 'generate' ? text : secret(text);
}

function formatted(prefix, text) {
	if (!prefix)
		reject(_('%s is not an IP address or prefix'), quote(text));

	return address.formatPrefix(prefix);
}

function delegated(text) {
	const [ , prefix, rest ] = text.match(/^([^,]*)(.*)$/s);
	const found = address.parsePrefix(prefix);

	if (!found || found.bits === 32 || found.length < 1 || found.length > 64)
		reject(_('%s is not an IPv6 prefix with a length from 1 to 64'), quote(text));

	return address.formatPrefix(found) + rest;
}

function fwmark(text) {
	if (text.toLowerCase() === 'off')
		return '0x0';

	const value = HEXADECIMAL.test(text) ? text : mark(text);

	return '0x' + Number(value).toString(16);
}

function offload(text) {
	if (!OFFLOADS.includes(text))
		reject(_('%s is not one of %s'), quote(text), OFFLOADS.join(', '));

	return text;
}

function isHostName(text) {
	const labels = text.replace(/\.$/, '').split('.');

	return HOST.test(text) && text.length <= LONGEST_NAME &&
		labels.every(label => label.length >= 1 && label.length <= LONGEST_LABEL);
}

function host(text) {
	const bare = /^\[.*\]$/.test(text) ? text.slice(1, -1) : text;
	const numeric = bare.includes(':') || DOTTED.test(bare);

	if (numeric ? !address.parse(bare.replace(/%.*$/, '')) : !isHostName(bare))
		reject(_('%s is not an IP address or host name'), quote(text));

	return bare;
}

const KINDS = {
	flag,
	key,
	private_key: privateKey,
	secret,
	port,
	endpoint_port: number(...RANGES.endpoint_port),
	address: text => formatted(address.parseInterface(text), text),
	allowed_ip: text => formatted(address.parsePrefix(text), text),
	delegated,
	mtu: number(...RANGES.mtu),
	mark: fwmark,
	metric: number(...RANGES.metric),
	peer_count: number(...RANGES.peer_count),
	allowed_ip_count: number(...RANGES.allowed_ip_count),
	threads: number(...RANGES.threads),
	offload,
	keepalive: text => keepalive(text.toLowerCase() === 'off' ? '0' : text),
	host,
	text: text => text
};

function row(table, name) {
	return table.find(entry => entry.name === name);
}

function split(entry, texts) {
	return texts.join('\n').split(entry.separators).filter(text => text !== '');
}

function canonical(entry, texts) {
	const convert = KINDS[entry.kind];

	/* Like netifd, use the last element of a list if the option has a single value. */
	return entry.separators
		? split(entry, texts).map(convert) : convert(texts[texts.length - 1]);
}

/* Replace the netmask of an IPv4 address, such as /255.255.255.0, by its length. */
function withLength(text) {
	const [ , own, mask ] = text.match(/^([^/]*)\/([0-9]+(?:\.[0-9]+){3})$/) ?? [];
	const parsed = mask && address.parse(mask);
	const bits = parsed ? parsed.value.toString(2).padStart(32, '0') : '';

	return bits && /^1*0*$/.test(bits)
		? `${own}/${bits.replace(/0/g, '').length}` : text;
}

function imported(entry, texts) {
	if (entry.kind === 'text')
		return canonical(entry, texts);

	const trimmed = texts.map(text => text.trim());

	return canonical(entry, [ 'address', 'allowed_ip' ].includes(entry.kind)
		? split(entry, trimmed).map(withLength) : trimmed);
}

function importedPart(entry, texts, complain) {
	const valid = [];

	if (entry.kind !== 'allowed_ip')
		return imported(entry, texts);

	for (const text of split(entry, texts.map(value => value.trim())))
		try {
			valid.push(...imported(entry, [ text ]));
		}
		catch (error) {
			complain(error.message);
		}

	return valid;
}

function reason(table, name, text) {
	try {
		canonical(row(table, name), [ text ]);
	}
	catch (error) {
		return error.message;
	}

	return '';
}

function isDefault(entry, value) {
	return value === undefined || value === null || value === entry.fallback ||
		(entry.separators !== null && value.length === 0);
}

return baseclass.extend({
	/* Tables of rows { name, kind, fallback, separators }; a list has separators. */
	INTERFACE: optionTable.INTERFACE,
	PEER: optionTable.PEER,
	/* Names of options, and other constants; see option_table.js. */
	NETIFD: optionTable.NETIFD,
	SECRETS: optionTable.SECRETS,
	PROTOCOLS: optionTable.PROTOCOLS,
	DEFAULT_PORT: optionTable.DEFAULT_PORT,
	OFFLOADS,
	/* Return a text in quotes for a message: shortened, and without keys. */
	quote,
	/* Return the row of a table with that name, or undefined. */
	row,
	/* Convert an array of texts to the canonical value of a row; throws a TypeError
	   with the reason if a text is invalid. */
	canonical,
	/* The same for the texts of a foreign configuration: with blanks around them, and
	   with netmasks in the place of prefix lengths. */
	imported,
	/* The same; calls a function with the reason for each allowed IP that is invalid,
	   and leaves it out. */
	importedPart,
	/* Return the reason why a text is invalid for an option, '' if it is valid. Takes a
	   table, the name of the option and the text. */
	reason,
	/* Return whether a value is the default of a row and can be omitted. */
	isDefault
});
