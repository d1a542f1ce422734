'use strict';
'require baseclass';

/*
 * IPv4 and IPv6 addresses and prefixes, and the allocation of free ones.
 *
 * An address is { bits: 32 or 128, value: BigInt }; a prefix has a length as well. The
 * parsers return null for an invalid text; no function throws.
 */

const PORTS = 65535;
const FIRST_PORT = 51820;
const DECIMAL = /^(0|[1-9][0-9]*)$/;
const GROUP = /^[0-9a-f]{1,4}$/i;
/* Not reachable from the internet: RFC 1918, 6598 (carrier-grade NAT), 3927, 4193 and
   4291. */
const PRIVATE = [
	'10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10',
	'169.254.0.0/16', '127.0.0.0/8', 'fc00::/7', 'fe80::/10', '::1/128'
];
/* Ranges to allocate tunnel networks from; few LANs use them. */
const TUNNEL_NETWORKS = [ '10.77.0.0/16', '172.31.0.0/16', '10.177.0.0/16' ];
const TUNNEL_LENGTH = 24;

function number(text, maximum) {
	return DECIMAL.test(text) && +text <= maximum ? +text : null;
}

function parse4(text) {
	const bytes = text.split('.').map(byte => number(byte, 255));

	if (bytes.length !== 4 || bytes.includes(null))
		return null;

	return bytes.reduce((value, byte) => value << 8n | BigInt(byte), 0n);
}

function expandTail(groups) {
	const tail = groups[groups.length - 1];

	if (!tail || !tail.includes('.'))
		return groups;

	const value = parse4(tail);
	const words = value === null
		? [ 'no' ] : [ value >> 16n, value & 0xffffn ].map(word => word.toString(16));

	return groups.slice(0, -1).concat(words);
}

function groupsOf(text) {
	return text === '' ? [] : expandTail(text.split(':'));
}

function fillGap(halves) {
	const [ head, tail ] = halves;
	const gap = 8 - head.length - (tail ? tail.length : 0);

	if (!tail)
		return gap === 0 ? head : null;

	return gap > 0 ? head.concat(Array(gap).fill('0'), tail) : null;
}

function parse6(text) {
	const halves = text.split('::');
	/* A dotted quad is valid only at the end of an address, not before '::'. */
	if (halves.length > 2 || (halves.length === 2 && halves[0].includes('.')))
		return null;

	const groups = fillGap(halves.map(groupsOf));

	if (!groups || !groups.every(group => GROUP.test(group)))
		return null;

	return groups.reduce((value, group) => value << 16n | BigInt('0x' + group), 0n);
}

function parse(text) {
	const bits = text.includes(':') ? 128 : 32;
	const value = bits === 128 ? parse6(text) : parse4(text);

	return value === null ? null : { bits, value };
}

function format4(value) {
	return [ 24n, 16n, 8n, 0n ].map(shift => value >> shift & 255n).join('.');
}

/* RFC 5952: the longest run of at least two zero groups, the first of equal ones. */
function longestGap(groups) {
	let best = { at: -1, size: 1 };

	groups.forEach((group, at) => {
		let size = 0;

		while (groups[at + size] === '0')
			size++;

		if (size > best.size)
			best = { at, size };
	});

	return best;
}

function format6(value) {
	if (value >> 32n === 0xffffn)
		return '::ffff:' + format4(value & 0xffffffffn);

	const groups = [];

	for (let shift = 112n; shift >= 0n; shift -= 16n)
		groups.push((value >> shift & 0xffffn).toString(16));

	const gap = longestGap(groups);

	if (gap.at < 0)
		return groups.join(':');

	return groups.slice(0, gap.at).join(':') + '::' +
		groups.slice(gap.at + gap.size).join(':');
}

function format(address) {
	return address.bits === 32 ? format4(address.value) : format6(address.value);
}

function hostBits(prefix) {
	return BigInt(prefix.bits - prefix.length);
}

function parseInterface(text) {
	const [ ip, length, rest ] = text.split('/');
	const address = parse(ip);

	if (!address || rest !== undefined)
		return null;

	const size = length === undefined ? address.bits : number(length, address.bits);

	return size === null ? null : { ...address, length: size };
}

function network(prefix) {
	const shift = hostBits(prefix);

	return { ...prefix, value: prefix.value >> shift << shift };
}

function parsePrefix(text) {
	const prefix = parseInterface(text);

	return prefix && network(prefix);
}

function formatPrefix(prefix) {
	return `${format(prefix)}/${prefix.length}`;
}

function last(prefix) {
	return prefix.value | (1n << hostBits(prefix)) - 1n;
}

function contains(outer, inner) {
	const shift = hostBits(outer);

	return outer.bits === inner.bits && (inner.length ?? inner.bits) >= outer.length &&
		outer.value >> shift === inner.value >> shift;
}

function overlaps(first, second) {
	return contains(first, second) || contains(second, first);
}

function isPrivate(address) {
	return PRIVATE.some(text => contains(parsePrefix(text), address));
}

function prefixes(texts) {
	return texts.map(parsePrefix).filter(prefix => prefix !== null);
}

function findOverlaps(local, remote) {
	return prefixes(local).flatMap(near => prefixes(remote)
		.filter(far => overlaps(near, far))
		.map(far => ({ local: formatPrefix(near), remote: formatPrefix(far) })));
}

function sharedPrefixes(allowed, otherAllowed) {
	return prefixes(allowed).flatMap(prefix => prefixes(otherAllowed)
		/* A default route overlaps every prefix by design. */
		.filter(candidate => overlaps(prefix, candidate) &&
			(prefix.length === candidate.length || prefix.length && candidate.length))
		.map(candidate => ({
			prefix: formatPrefix(prefix),
			otherPrefix: formatPrefix(candidate),
			isSame: prefix.length === candidate.length
		})));
}

function findPeerOverlaps(lists) {
	return lists.flatMap((allowed, peer) => lists.slice(0, peer).flatMap(
		(otherAllowed, otherPeer) => sharedPrefixes(allowed, otherAllowed)
			.map(found => ({ peer, otherPeer, ...found }))));
}

function hostRange(net) {
	/* The first and last address of an IPv4 network are not hosts, except in a /31
	   (RFC 3021). */
	const reserved = net.bits === 32 && net.length < 31 ? 1n : 0n;

	return [ net.value + (net.bits === 128 ? 1n : reserved), last(net) - reserved ];
}

/* A prefix that covers the whole network, such as a default route, occupies no address
   of it. */
function firstFree(net, taken) {
	const inside = taken.filter(prefix =>
		contains(net, prefix) && prefix.length > net.length);
	const [ first, end ] = hostRange(net);
	let value = first;

	while (value <= end) {
		const candidate = { bits: net.bits, value };
		const holder = inside.find(prefix => contains(prefix, candidate));

		if (!holder)
			return candidate;

		value = last(holder) + 1n;
	}

	return null;
}

function host(prefix) {
	return { bits: prefix.bits, value: prefix.value, length: prefix.bits };
}

function nextAddresses(own, allowed) {
	const interfaces = own.map(parseInterface)
		.filter(prefix => prefix && prefix.length < prefix.bits);
	const taken = interfaces.map(host).concat(prefixes(allowed));

	return interfaces.map(prefix => firstFree(network(prefix), taken))
		.filter(free => free !== null)
		.map(free => formatPrefix({ ...free, length: free.bits }));
}

function nextPort(taken, first) {
	let port = first ?? FIRST_PORT;

	while (taken.some(used => +used === port) && port < PORTS)
		port++;

	return port;
}

function freeNetwork(taken) {
	const used = prefixes(taken).filter(prefix => prefix.length > 0);

	for (const text of TUNNEL_NETWORKS) {
		const range = parsePrefix(text);
		const step = 1n << BigInt(range.bits - TUNNEL_LENGTH);

		for (let value = range.value; value <= last(range); value += step) {
			const net = { bits: range.bits, value, length: TUNNEL_LENGTH };

			if (!used.some(prefix => overlaps(prefix, net)))
				return formatPrefix(net);
		}
	}

	return null;
}

return baseclass.extend({
	/* Parse '10.0.0.1' or 'fd00::1', without leading zeros or scope, to an address;
	   null if the text is invalid. */
	parse,
	/* Format an address; IPv6 follows RFC 5952. */
	format,
	/* Parse 'address[/length]' to a prefix with its host bits, or to null. */
	parseInterface,
	/* Parse 'address[/length]' to a prefix without its host bits, or to null. */
	parsePrefix,
	/* Format a prefix as 'address/length'. */
	formatPrefix,
	/* Return a prefix without its host bits. */
	network,
	/* Return whether a prefix contains another prefix or an address. */
	contains,
	/* Return whether two prefixes have an address in common. */
	overlaps,
	/* Return whether an address is not reachable from the internet. */
	isPrivate,
	/* Return [{ local, remote }], texts, for each overlap of the prefixes (texts) of
	   two sites. */
	findOverlaps,
	/*
	 * Return [{ peer, otherPeer, prefix, otherPrefix, isSame }] for the allowed IPs of
	 * all peers, an array of texts for each peer: prefix of the peer with that index
	 * overlaps otherPrefix of an earlier peer. If the two are the same, only one of the
	 * peers receives the traffic; otherwise the more specific prefix wins.
	 */
	findPeerOverlaps,
	/*
	 * Return an unused address for each family as text, such as [ '10.0.0.2/32',
	 * 'fd00::2/128' ]. Takes the addresses of the interface and the allowed IPs of its
	 * peers as texts.
	 */
	nextAddresses,
	/* Return the first port, from 51820 or the given one, that is not in an array of
	   ports (texts or numbers). */
	nextPort,
	/* Return a /24 for a tunnel, as text, that overlaps none of the given prefixes
	   (texts); null if there is none. */
	freeNetwork
});
