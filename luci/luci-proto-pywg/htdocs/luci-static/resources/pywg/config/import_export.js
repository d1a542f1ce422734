'use strict';
'require baseclass';
'require pywg.config.options as options';
'require pywg.config.shell_script as shellScript';
'require pywg.config.uci_text as uciText';
'require pywg.config.uci_tunnel as uciTunnel';
'require pywg.config.wgconf as wgconf';

/*
 * Import and export: the one door to configuration as text.
 *
 * A tunnel is { name, proto, options, peers }, a peer { name, options }: options maps
 * the names of options.js to canonical texts, lists to arrays of them. The options of a
 * tunnel are null if the text has peers alone; a peer's name is that of its section, ''
 * for an anonymous one.
 *
 * A complaint is { severity, line, section, option, reason }: 'error' if the text is
 * not to be used, 'peer left out', or 'warning'; reason is for people.
 */

const LONGEST_NAME = 15;
/* A browser may give the path too; either kind of slash. */
const PATH = new RegExp('^.*[/\\\\]');
const CONF = /^\s*\[(interface|peer)\]/im;

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
	const isAlone = found.interface === null && found.peers.length === 1;
	const peers = isAlone ? [ named(found.peers[0], name) ] : found.peers;
	const isNothing = found.interface === null && found.peers.length === 0;

	return {
		format: 'conf',
		tunnels: isNothing ? [] : [ {
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

function nothing() {
	return {
		severity: 'error', line: 0, section: '', option: '',
		reason: _('here is no [Interface], no [Peer], and no interface of the ' +
			'protocol pywg or wireguard')
	};
}

function read(text, fileName) {
	const plain = text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n');
	const result = CONF.test(plain) ? readConf(plain, fileName) : readUci(plain);

	if (result.tunnels.length === 0 && result.complaints.length === 0)
		result.complaints.push(nothing());

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

function fileName(words, format) {
	const stem = words.normalize('NFKD').replace(/[\u0300-\u036f]/g, '')
		.replace(/[^A-Za-z0-9_-]+/g, '-').replace(/^-+|-+$/g, '').toLowerCase();

	return `${stem || 'tunnel'}.${format === 'uci' ? 'uci' : 'conf'}`;
}

return baseclass.extend({
	/*
	 * A text in any format and the name of its file, if it has one -> { format: 'conf'
	 * or 'uci', tunnels, firewall, complaints }; firewall are the sections of that
	 * package, as in uci_text.js.
	 */
	read,
	/*
	 * A tunnel -> the text of a format: 'conf' (wg-quick), 'qr' (the same without
	 * comments) or 'uci' (for a router's shell, see shell_script.js), the latter with
	 * the firewall's sections behind it. It has what is given, whatever was loaded.
	 */
	write,
	/* What a peer or tunnel is called, format -> the name of a file for it. */
	fileName
});
