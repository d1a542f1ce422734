'use strict';
'require baseclass';
'require pywg.status.codes as codes';
'require pywg.units as units';

/*
 * The texts of diagnosis codes: cause and advice.
 *
 * The codes are those of the ubus object (the state of a peer, the reasons of dropped
 * packets) and the errors of an interface in netifd. A tone is 'good', 'idle',
 * 'waiting', 'bad' or 'off'; an action is 'resolve', 'rekey' or 'retry'.
 */

/* Code: tone, title, cause, advice and action. */
const STATES = {
	linked: [ 'good', _('Connected'), '', '', 'rekey' ],
	idle: [
		'idle', _('Idle'), _('There is no session, because there is no traffic.'),
		_('This is normal. A persistent keepalive would keep the session up.'), 'retry'
	],
	calling: [
		'waiting', _('Connecting'),
		_('Waiting for the handshake response of the peer.'), '', 'retry'
	],
	resolving: [
		'waiting', _('Resolving'), _('The endpoint host name is being resolved.'), '',
		'resolve'
	],
	down: [
		'off', _('Interface down'), _('The interface is down.'),
		_('Start it in Network > Interfaces.'), ''
	],
	no_port: [
		'bad', _('Port in use'), _('The UDP port cannot be opened.'),
		_('Another program or interface uses this port. Choose another listen port, ' +
			'and configure it on the peers.'), ''
	],
	unresolved: [
		'bad', _('Name not resolved'), _('The endpoint host name cannot be resolved.'),
		_('Check the spelling of the endpoint host, and whether this router resolves ' +
			'names (Network > Diagnostics). The resolution is retried automatically.'),
		'resolve'
	],
	psk: [
		'bad', _('Preshared key mismatch'),
		_('The peer responds, but its response cannot be decrypted.'),
		_('Configure the same preshared key on both sides, ' +
			'or remove it on both sides.'),
		'retry'
	],
	stale: [
		'bad', _('Peer clock set back'),
		_('The peer initiates handshakes with an old ' +
			'timestamp: its clock was set back.'),
		_('Set the clock of the peer (System > Time synchronization). The peer is ' +
			'accepted again once its time is correct.'), 'retry'
	],
	unknown_peer: [
		'bad', _('Unknown public key'),
		_('A handshake initiation has a public key that no ' +
			'peer of this interface has.'),
		_('Compare the public key configured for this peer with the one that the ' +
			'peer shows for its own interface.'), 'retry'
	],
	mac1: [
		'bad', _('Wrong public key on peer'),
		_('A peer is using the wrong public key for this router.'),
		_('On the peer, configure the public key of this interface for this router.'),
		'retry'
	],
	no_endpoint: [
		'waiting', _('Waiting for peer'),
		_('The endpoint is unknown, and the peer has not initiated a handshake yet.'),
		_('Configure the endpoint of the peer, or configure this router as endpoint ' +
			'and a persistent keepalive on the peer.'), ''
	],
	clock: [
		'bad', _('Clock not set'),
		_('The peer does not respond, and the clock of this router is not set: peers ' +
			'reject timestamps older than the last one they accepted.'),
		_('Set the clock (System > Time synchronization). The time server must be ' +
			'reachable without the tunnel.'), 'retry'
	],
	unreachable: [
		'bad', _('No route'), _('There is no route to the endpoint.'),
		_('Check whether this router is connected to the internet with the address ' +
			'family of the endpoint (IPv4 or IPv6).'), 'retry'
	],
	nobody: [
		'bad', _('Port closed'),
		_('The endpoint host is reachable, but its UDP port is closed.'),
		_('Check the endpoint port, and whether the interface of the peer is up.'),
		'retry'
	],
	no_answer: [
		'bad', _('No response'), _('The endpoint does not respond.'),
		_('Check the endpoint address, whether the firewall of the peer accepts and ' +
			'forwards its UDP port, and whether the peer has the ' +
			'public key of this interface.'), 'retry'
	]
};

/* Reason: whether it indicates a fault, and its text. */
const DROPS = {
	malformed: [ false, _('Malformed message') ],
	unknown_index: [ false, _('Message for an unknown session') ],
	keypair_expired: [ false, _('Message for an expired session') ],
	not_authentic: [ true, _('Packet with failed authentication') ],
	replayed: [ false, _('Duplicate or very late packet') ],
	not_ip: [ true, _('Decrypted content is not an IP packet') ],
	source_not_allowed: [
		true, _('Source address not in the allowed IPs of the peer')
	],
	ecn_congestion: [ false, _('Congestion experienced, but no ECN support inside') ],
	no_peer: [ true, _('Destination not in the allowed IPs of any peer') ],
	no_endpoint: [ true, _('Endpoint of the peer unknown') ],
	routing_loop: [ true, _('Endpoint routed into the tunnel itself') ],
	no_keypair: [ true, _('No session with the peer') ],
	staging_full: [ true, _('Too many packets waiting for a session') ],
	no_identity: [ true, _('No private key set') ],
	interface_down: [ true, _('Interface down') ],
	mac1_invalid: [ true, _('Handshake message for another public key') ],
	cookie_required: [ false, _('Cookie required under load') ],
	rate_limited: [ false, _('Handshake rate limit of the source exceeded') ],
	handshake_queue_full: [ false, _('Handshake queue full') ],
	no_socket: [ true, _('No socket for the address family of the endpoint') ],
	aead_failed: [ true, _('Encryption failed') ],
	unknown_peer: [ true, _('Handshake initiation with an unknown public key') ],
	initiation_replayed: [
		true, _('Handshake initiation with an old timestamp (clock set back)')
	],
	initiation_rate_limited: [
		false, _('Handshake initiations of a peer too frequent')
	],
	low_order_point: [ true, _('Handshake message with an invalid public key') ],
	initiation_not_authentic: [
		true, _('Handshake initiation with failed authentication')
	],
	response_not_authentic: [
		true, _('Handshake response with failed ' +
			'authentication (preshared key mismatch)')
	],
	cookie_reply_not_authentic: [
		false, _('Cookie reply with failed authentication')
	],
	send_eagain: [ false, _('Send buffer full') ],
	send_enobufs: [ false, _('Queue of the network device full') ],
	send_eperm: [ true, _('Blocked by the firewall of this router') ],
	send_eacces: [ true, _('Blocked by a prohibit route') ],
	send_einval: [ true, _('Invalid destination address') ],
	send_emsgsize: [ true, _('Larger than the path MTU; reduce the MTU') ],
	send_enetunreach: [ true, _('No route to the endpoint') ],
	send_ehostunreach: [ true, _('Endpoint host unreachable') ],
	send_enetdown: [ true, _('Network device down') ],
	send_econnrefused: [ true, _('UDP port of the endpoint closed') ],
	send_error: [ true, _('Send error') ],
	receive_econnrefused: [ true, _('UDP port of the endpoint closed') ],
	receive_error: [ true, _('Receive error') ],
	tun_eio: [ true, _('Interface down') ],
	tun_einval: [ true, _('Rejected by the TUN device') ],
	tun_error: [ true, _('Write error of the TUN device') ]
};

const ERRORS = {
	NO_DAEMON: _('The daemon pywgd is not installed'),
	CONFIGURATION: _('The configuration is invalid'),
	START: _('The interface could not be started')
};

/* A session is renewed after two minutes and ends after three. */
const AGES = [ [ 180, 'good' ], [ 600, 'waiting' ], [ Infinity, 'idle' ] ];

function peer(status) {
	const row = STATES[status.state] ?? [ 'bad', status.state, status.reason, '', '' ];
	const [ tone, title, cause, advice, action ] = row;

	return {
		code: status.state, tone, title, cause, advice, action,
		/* The untranslated reason has names and addresses. */
		detail: cause ? status.reason ?? '' : ''
	};
}

function age(seconds) {
	if (seconds === null || seconds === undefined)
		return { tone: 'off', text: units.ago(null) };

	const [ , tone ] = AGES.find(([ limit ]) => seconds < limit);

	return { tone, text: units.ago(seconds) };
}

function drop([ reason, count ]) {
	const [ isFault, text ] = DROPS[reason] ?? [ true, reason ];

	return { reason, count, isFault, text };
}

function drops(counts) {
	return Object.entries(counts).map(drop).filter(({ count }) => count > 0)
		.sort((a, b) => b.isFault - a.isFault || b.count - a.count);
}

return baseclass.extend({
	/* Texts by error code, for network.registerErrorCode. */
	ERRORS: Object.fromEntries(
		codes.INTERFACE_ERRORS.map(code => [ code, ERRORS[code] ?? code ])),
	/* Return the codes of the states that the router can report. */
	codes: () => codes.PEER_STATES,
	/* Return { code, tone, title, cause, advice, action, detail } for the status of a
	   peer. */
	peer,
	/* Return { tone, text } for the age of the last handshake in seconds, or null. */
	age,
	/* Return [{ reason, count, isFault, text }] for counts by reason, faults first,
	   then by descending count. */
	drops
});
