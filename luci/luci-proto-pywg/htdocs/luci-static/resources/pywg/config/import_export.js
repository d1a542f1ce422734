'use strict';
'require baseclass';
'require pywg.config.options as options';
'require pywg.config.shell_script as shellScript';
'require pywg.config.uci_text as uciText';
'require pywg.config.uci_tunnel as uciTunnel';
'require pywg.config.wgconf as wgconf';

/*
 * Conversion between configuration text in any format and tunnels.
 *
 * A tunnel is { name, proto, options, peers }, a peer { name, options }. options maps
 * the names of options.js to canonical texts, or to arrays of texts for lists. The
 * options of a tunnel are null if the text has peers only. The name of a peer is the
 * name of its section, '' for an anonymous one.
 *
 * A complaint is { severity, line, section, option, reason }. severity is 'error' if
 * the text cannot be used, 'peer left out', 'allowed IP left out' or 'warning'; reason
 * is a message for the user.
 */

const LONGEST_NAME = 15;
/* Some browsers give the path, with slashes or backslashes. */
const PATH = new RegExp('^.*[/\\\\]');
const CONF = /^\s*\[(interface|peer)\]/im;

/* The transliteration of letters that Unicode does not decompose. */
const LATIN = {
	...letters('ßøæœłđþðı', 'ss o ae oe l d th d i'),
	...letters('абвгдежзиклмнопрстуфхцчшщыэюяієґ',
		'a b v g d e zh z i k l m n o p r s t u f kh ts ch sh shch y e yu ya i ye g'),
	...letters('αβγδεζηθικλμνξοπρσςτυφχψω',
		'a v g d e z i th i k l m n x o p r s s t y f ch ps o'),
	'ъ': '', 'ь': ''
};

function letters(from, to) {
	const texts = to.split(' ');

	return Object.fromEntries([ ...from ].map((letter, at) => [ letter, texts[at] ]));
}

function baseName(fileName) {
	return (fileName ?? '').replace(PATH, '').replace(/\.[A-Za-z0-9]{1,8}$/, '');
}

function interfaceName(text) {
	return text.replace(/[^A-Za-z0-9_]+/g, '_').replace(/^_+/, '')
		.slice(0, LONGEST_NAME);
}

function named(peer, name) {
	return name && !peer.description ? { ...peer, description: name } : peer;
}

function readConf(text, fileName) {
	const found = wgconf.read(text);
	const name = baseName(fileName);
	const isSinglePeer = found.interface === null && found.peers.length === 1;
	const peers = isSinglePeer ? [ named(found.peers[0], name) ] : found.peers;
	const isEmpty = found.interface === null && found.peers.length === 0;

	return {
		format: 'conf',
		tunnels: isEmpty ? [] : [ {
			name: interfaceName(name), proto: 'pywg', options: found.interface,
			peers: peers.map(its => ({ name: '', options: its }))
		} ],
		firewall: [],
		complaints: found.complaints
	};
}

function readUci(text) {
	const { sections, error } = uciText.parse(shellScript.read(text));
	const found = uciTunnel.read(sections);
	const broken = error
		? [ { severity: 'error', section: '', option: '', ...error } ] : [];

	return {
		format: 'uci',
		tunnels: found.tunnels.map(tunnel => ({
			...tunnel,
			peers: tunnel.peers.map(({ name, id, options: its }) =>
				({ name, id, options: its }))
		})),
		firewall: sections.filter(section => section.package === 'firewall'),
		complaints: broken.concat(found.complaints)
	};
}

/* Texts that are often taken for a configuration: how to recognize them, and what to do
   instead. */
const MISTAKEN = [
	[ /^PK\x03\x04/, _('this is a zip file: unpack it, and choose one of its files') ],
	[ /^(?:network|firewall)\.[\w@[\]-]+(?:\.\w+)?=/m,
		_('this is the output of "uci show": use the output of ' +
			'"uci export network" instead') ],
	[ /^interface: \S+$|^peer: \S+$/m,
		_('this is the output of "wg show", which has no keys: use the output ' +
			'of "wg showconf" or the configuration file instead') ]
];

function complaint(reason) {
	return { severity: 'error', line: 0, section: '', option: '', reason };
}

function noConfiguration() {
	return complaint(_('no [Interface] or [Peer] section, and no UCI interface with ' +
		'protocol pywg or wireguard'));
}

function read(text, fileName) {
	const plain = text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n');
	const mistaken = MISTAKEN.find(([ pattern ]) => pattern.test(plain));

	if (mistaken && !CONF.test(plain))
		return {
			format: 'uci', tunnels: [], firewall: [],
			complaints: [ complaint(mistaken[1]) ]
		};

	const result = CONF.test(plain) ? readConf(plain, fileName) : readUci(plain);

	if (result.tunnels.length === 0 && result.complaints.length === 0)
		result.complaints.push(noConfiguration());

	return result;
}

function write(tunnel, format, firewall) {
	switch (format) {
	case 'uci':
		return shellScript.write(uciTunnel.write(tunnel)
			.map(section => ({ ...section, package: 'network' }))
			.concat(firewall ?? []));
	case 'qr':
		return wgconf.write(tunnel, true);
	}

	return wgconf.write(tunnel, false);
}

/* Four hexadecimal digits of a text (FNV-1a). */
function checksum(text) {
	let sum = 0x811c9dc5;

	for (const character of text)
		sum = Math.imul(sum ^ character.codePointAt(0), 0x01000193) >>> 0;

	return ((sum >>> 16) ^ (sum & 0xffff)).toString(16).padStart(4, '0');
}

function hyphenated(text) {
	return text.replace(/[^a-z0-9_]+/g, '-').replace(/^-+|-+$/g, '');
}

/* Apps take the name of the file for that of the interface: at most 15 characters. */
function fileName(title, format) {
	const letters = title.toLowerCase().normalize('NFKD')
		.replace(/[\u0300-\u036f]/g, '')
		.replace(/[^\0-\x7f]/g, letter => LATIN[letter] ?? '*');
	const stem = hyphenated(letters);
	const isWhole = stem !== '' && stem.length <= LONGEST_NAME &&
		!/\*[^a-z0-9]*\*/.test(letters);
	/* A number distinguishes names that are shortened or have other letters. */
	const number = checksum(title);
	const start = hyphenated(stem.slice(0, LONGEST_NAME - number.length - 1));

	return `${isWhole ? stem : `${start || 'tunnel'}-${number}`}.` +
		(format === 'uci' ? 'uci' : 'conf');
}

return baseclass.extend({
	/*
	 * Parse a text in any format, with an optional file name, to { format, tunnels,
	 * firewall, complaints }. format is 'conf' or 'uci'; firewall is an array of the
	 * sections of that package (see uci_text.js).
	 */
	read,
	/*
	 * Format a tunnel as 'conf' (wg-quick), 'qr' (the same without comments) or 'uci'
	 * (a shell script, see shell_script.js, with the given firewall sections).
	 */
	write,
	/* Return a file name for the title of a peer or tunnel in a format: at most 15
	   Latin letters, digits, '-' and '_', and a suffix. */
	fileName
});
