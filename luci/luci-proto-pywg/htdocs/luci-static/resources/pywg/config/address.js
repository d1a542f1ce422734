'use strict';
'require baseclass';

/*
 * IPv4 and IPv6 addresses and prefixes, and what is free among them.
 *
 * An address is { bits: 32 or 128, value: BigInt }, a prefix has a length besides.
 * What is no address is null; nothing here throws.
 */

const PORTS = 65535;
const FIRST_PORT = 51820;
const DECIMAL = /^(0|[1-9][0-9]*)$/;
const GROUP = /^[0-9a-f]{1,4}$/i;
/* RFC 1918, 6598 (shared by a provider's customers), 3927, 4193, 4291: not reached
   from elsewhere. */
const PRIVATE = [
	'10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10',
	'169.254.0.0/16', '127.0.0.0/8', 'fc00::/7', 'fe80::/10', '::1/128'
];
/* Where a network for tunnels is looked for: seldom a home's own. */
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
	/* A dotted tail ends the address; in front of a gap it would not. */
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

/* RFC 5952: the longest run of zeros, the first of the longest, and never one alone. */
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

function overlaps(one, other) {
	return contains(one, other) || contains(other, one);
}

function isPrivate(address) {
	return PRIVATE.some(text => contains(parsePrefix(text), address));
}

function prefixes(texts) {
	return texts.map(parsePrefix).filter(prefix => prefix !== null);
}

function findOverlaps(local, remote) {
	return prefixes(local).flatMap(one => prefixes(remote)
		.filter(other => overlaps(one, other))
		.map(other => ({ local: formatPrefix(one), remote: formatPrefix(other) })));
}

function sharedBy(mine, its) {
	return prefixes(mine).flatMap(one => prefixes(its)
		/* Everything else beside a default route is what such a route is for. */
		.filter(other => overlaps(one, other) &&
			(one.length === other.length || one.length && other.length))
		.map(other => ({
			prefix: formatPrefix(one),
			otherPrefix: formatPrefix(other),
			isSame: one.length === other.length
		})));
}

function findPeerOverlaps(lists) {
	return lists.flatMap((mine, peer) => lists.slice(0, peer).flatMap((its, other) =>
		sharedBy(mine, its).map(found => ({ peer, otherPeer: other, ...found }))));
}

function hostRange(net) {
	/* The first and last of an IPv4 network are no hosts; RFC 3021 excepts /31. */
	const reserved = net.bits === 32 && net.length < 31 ? 1n : 0n;

	return [ net.value + (net.bits === 128 ? 1n : reserved), last(net) - reserved ];
}

/* Within a network: what covers all of it (a default route) takes none of it. */
function firstFree(net, taken) {
	const inside = taken.filter(one => contains(net, one) && one.length > net.length);
	const [ first, end ] = hostRange(net);
	let value = first;

	while (value <= end) {
		const candidate = { bits: net.bits, value };
		const holder = inside.find(one => contains(one, candidate));

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
	const ours = own.map(parseInterface).filter(one => one && one.length < one.bits);
	const taken = ours.map(host).concat(prefixes(allowed));

	return ours.map(one => firstFree(network(one), taken))
		.filter(free => free !== null)
		.map(free => formatPrefix({ ...free, length: free.bits }));
}

function nextPort(taken, first) {
	let port = first ?? FIRST_PORT;

	while (taken.some(one => +one === port) && port < PORTS)
		port++;

	return port;
}

function freeNetwork(taken) {
	const known = prefixes(taken).filter(one => one.length > 0);

	for (const text of TUNNEL_NETWORKS) {
		const range = parsePrefix(text);
		const step = 1n << BigInt(range.bits - TUNNEL_LENGTH);

		for (let value = range.value; value <= last(range); value += step) {
			const net = { bits: range.bits, value, length: TUNNEL_LENGTH };

			if (!known.some(one => overlaps(one, net)))
				return formatPrefix(net);
		}
	}

	return null;
}

return baseclass.extend({
	/* '10.0.0.1' or 'fd00::1' -> address or null; no leading zeros, no scope. */
	parse,
	/* address -> text; IPv6 as RFC 5952 has it. */
	format,
	/* 'address[/length]' -> prefix with its host bits kept, or null. */
	parseInterface,
	/* 'address[/length]' -> prefix with its host bits cleared, or null. */
	parsePrefix,
	/* prefix -> 'address/length'. */
	formatPrefix,
	/* prefix -> the same with its host bits cleared. */
	network,
	/* Whether a prefix holds all of another one, or an address. */
	contains,
	/* Whether two prefixes have an address in common. */
	overlaps,
	/* Whether an address is not reached from elsewhere: behind NAT, or link-local. */
	isPrivate,
	/* Prefix texts of two homes -> [{ local, remote }], texts, where they meet. */
	findOverlaps,
	/*
	 * The allowed IPs of peers, a list of texts each -> [{ peer, otherPeer, prefix,
	 * otherPrefix, isSame }]: prefix of the peer (its index) meets otherPrefix of an
	 * earlier one. If they are the same, only one of the two gets what is sent there;
	 * if not, the longer prefix decides.
	 */
	findPeerOverlaps,
	/*
	 * The addresses of our interface and the allowed IPs of its peers, texts -> an
	 * address a family that no peer has yet, ['10.0.0.2/32', 'fd00::2/128'].
	 */
	nextAddresses,
	/* Ports in use, texts or numbers -> the next free port, from 51820 or first on. */
	nextPort,
	/* Prefix texts in use -> a /24 for tunnels that meets none of them, or null. */
	freeNetwork
});
