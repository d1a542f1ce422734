'use strict';
'require baseclass';
'require pywg.units as units';

/*
 * Why there is no session, in words, and what to do about it.
 *
 * The codes are those of the ubus object: the state of a peer, the reasons of drops,
 * and the errors of the interface that netifd keeps. A tone is 'good', 'idle',
 * 'waiting', 'bad' or 'off'; an action 'resolve', 'rekey', 'retry'.
 */

/* Code: tone, what it is called, what is the matter, what to do, and the button. */
const STATES = {
	linked: [ 'good', _('Connected'), '', '', 'rekey' ],
	idle: [
		'idle', _('Idle'), _('There is nothing to send, so no session is kept up.'),
		_('This is as it should be. A persistent keepalive would keep the link up.'),
		'retry'
	],
	calling: [
		'waiting', _('Connecting'), _('Waiting for an answer from the other side.'), '',
		'retry'
	],
	resolving: [
		'waiting', _('Looking up'), _('The name of the endpoint is being looked up.'),
		'', 'resolve'
	],
	down: [
		'off', _('Interface down'), _('The interface is down.'),
		_('Start it in Network, Interfaces.'), ''
	],
	no_port: [
		'bad', _('Port in use'), _('The UDP port cannot be listened on.'),
		_('Another program or tunnel uses this port: choose another listen port, and ' +
			'tell the other side.'), ''
	],
	unresolved: [
		'bad', _('Unknown name'), _('The name of the endpoint cannot be resolved.'),
		_('Check the spelling of the endpoint, and whether this router resolves ' +
			'names (Network, Diagnostics). It is tried again by itself.'), 'resolve'
	],
	psk: [
		'bad', _('Preshared keys differ'),
		_('The other side answers, but its answer cannot be read.'),
		_('Enter the same preshared key on both sides, or remove it on both.'), 'retry'
	],
	stale: [
		'bad', _('Old clock there'),
		_('The other side calls with an old time stamp: its clock has gone back.'),
		_('Set the clock of the other side (System, Time synchronization). Once its ' +
			'time is right, it is heard again.'), 'retry'
	],
	unknown_peer: [
		'bad', _('Unknown key'), _('Somebody calls whose public key no peer here has.'),
		_('Compare the peer\'s public key with the one that the other side shows for ' +
			'its interface.'), 'retry'
	],
	mac1: [
		'bad', _('Wrong key there'),
		_('Somebody calls who has another public key for this router.'),
		_('Enter this interface\'s public key as the key of the peer on the other ' +
			'side.'),
		'retry'
	],
	no_endpoint: [
		'waiting', _('Waiting to be called'),
		_('No endpoint is known, and the other side has not called yet.'),
		_('Enter where the other side is, or see that it has this router as its ' +
			'endpoint and a persistent keepalive.'), ''
	],
	clock: [
		'bad', _('Clock not set'),
		_('There is no answer, and the clock of this router is not set: the other ' +
			'side refuses time stamps older than the last it saw.'),
		_('Set the clock (System, Time synchronization); the way to the time server ' +
			'must not lead through the tunnel.'), 'retry'
	],
	unreachable: [
		'bad', _('No route'), _('No route leads to the endpoint.'),
		_('Check whether this router is connected to the internet, with the address ' +
			'family of the endpoint (IPv4 or IPv6).'), 'retry'
	],
	nobody: [
		'bad', _('Nobody listens'),
		_('The endpoint is there, but nothing listens on this port.'),
		_('Check the port of the endpoint, and whether the tunnel of the other side ' +
			'is up.'), 'retry'
	],
	no_answer: [
		'bad', _('No answer'), _('There is no answer from the endpoint.'),
		_('Is that the other side\'s address, is its UDP port open in the firewall ' +
			'and forwarded to it, and does it have this interface\'s public key?'),
		'retry'
	]
};

/* Whether it is trouble, and what it says. */
const DROPS = {
	'malformed': [ false, _('was no WireGuard message') ],
	'unknown index': [ false, _('belonged to a session that is over') ],
	'session too old': [ false, _('came for a session that is too old') ],
	'transport data not authentic': [ true, _('was damaged or forged') ],
	'replayed': [ false, _('came twice, or much too late') ],
	'not an IP packet': [ true, _('was no IP packet inside') ],
	'source address not allowed': [
		true, _('came from an address that the peer\'s allowed IPs lack')
	],
	'congestion': [ false, _('met congestion on the way, and had to be dropped') ],
	'no peer': [ true, _('was for an address in no peer\'s allowed IPs') ],
	'no endpoint': [ true, _('was for a peer whose endpoint is not known') ],
	'no session': [ true, _('was for a peer without a session') ],
	'staging full': [ true, _('waited for a session, and there were too many') ],
	'not ready': [ true, _('came before there was a private key') ],
	'mac1': [ true, _('was for another public key than this interface\'s') ],
	'cookie demanded': [ false, _('was answered with a cookie, under load') ],
	'source too fast': [ false, _('came from a sender who calls too often') ],
	'handshake queue full': [ false, _('was one of too many calls at once') ],
	'no socket for the address family': [
		true, _('was for an endpoint whose address family is not there')
	],
	'the cipher failed': [ true, _('could not be encrypted') ],
	'unknown peer': [ true, _('came from a public key that no peer has') ],
	'replayed initiation': [ true, _('had an old time stamp: a clock has gone back') ],
	'initiation flood': [ false, _('came from a peer who calls too often') ],
	'initiation not authentic': [ true, _('was a call that cannot be read') ],
	'response not authentic': [
		true, _('was an answer that cannot be read: the preshared keys differ')
	],
	'cookie reply not authentic': [ false, _('was a cookie that cannot be read') ],
	'send: EAGAIN': [ false, _('found the way out busy') ],
	'send: ENOBUFS': [ false, _('found the way out full') ],
	'send: EPERM': [ true, _('was stopped by the firewall of this router') ],
	'send: EACCES': [ true, _('was stopped by a route that prohibits it') ],
	'send: EINVAL': [ true, _('had no valid address to go to') ],
	'send: EMSGSIZE': [ true, _('was too large for the way: lower the MTU') ],
	'send: ENETUNREACH': [ true, _('found no route to the endpoint') ],
	'send: EHOSTUNREACH': [ true, _('found the endpoint not reachable') ],
	'send: ENETDOWN': [ true, _('found the way out down') ],
	'send: ECONNREFUSED': [ true, _('met an endpoint where nobody listens') ],
	'send: error': [ true, _('could not be sent') ],
	'receive: ECONNREFUSED': [ true, _('met an endpoint where nobody listens') ],
	'receive: error': [ true, _('could not be received') ],
	'TUN: EIO': [ true, _('came while the interface was down') ],
	'TUN: EINVAL': [ true, _('was refused by the interface') ],
	'TUN: error': [ true, _('could not be handed to the interface') ]
};

const ERRORS = {
	NO_DAEMON: _('The daemon pywgd is not installed'),
	CONFIGURATION: _('The configuration cannot be used'),
	START: _('The tunnel could not be started')
};

/* A session is renewed after two minutes and ends after three. */
const AGES = [ [ 180, 'good' ], [ 600, 'waiting' ], [ Infinity, 'idle' ] ];

function peer(status) {
	const row = STATES[status.state] ?? [ 'bad', status.state, status.reason, '', '' ];
	const [ tone, title, why, advice, action ] = row;

	return {
		code: status.state, tone, title, why, advice, action,
		/* The router's own words have what these cannot: names, addresses. */
		detail: why ? status.reason ?? '' : ''
	};
}

function age(seconds) {
	if (seconds === null || seconds === undefined)
		return { tone: 'off', words: units.ago(null) };

	const [ , tone ] = AGES.find(([ limit ]) => seconds < limit);

	return { tone, words: units.ago(seconds) };
}

function drop([ reason, count ]) {
	const [ isTrouble, words ] = DROPS[reason] ?? [ true, reason ];

	return { reason, count, isTrouble, words };
}

function drops(counts) {
	return Object.entries(counts).map(drop).filter(one => one.count > 0)
		.sort((one, other) => other.isTrouble - one.isTrouble ||
			other.count - one.count);
}

return baseclass.extend({
	/* Code -> words, for network.registerErrorCode. */
	ERRORS,
	/* The codes that have words here. */
	codes: () => Object.keys(STATES),
	dropReasons: () => Object.keys(DROPS),
	/* A peer of the status -> { code, tone, title, why, advice, action, detail }. */
	peer,
	/* Seconds since the last handshake, null for never -> { tone, words }. */
	age,
	/*
	 * Counts by reason -> [{ reason, count, isTrouble, words }], trouble first; the
	 * words go on after 'a packet'.
	 */
	drops
});
