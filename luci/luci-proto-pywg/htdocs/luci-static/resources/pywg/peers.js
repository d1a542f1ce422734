'use strict';
'require baseclass';
'require pywg.address as address';
'require pywg.keys as keys';

/* The peers of a tunnel, see conf.js, beside each other. */

function name(peer) {
	return peer.options.description || keys.short(peer.options.public_key ?? '');
}

function isEnabled(peer) {
	return peer.options.disabled !== '1';
}

function allowed(peers) {
	return peers.flatMap(peer => peer.options.allowed_ips ?? []);
}

/* The later of two peers gets what both allow. */
function words(found, mine, other) {
	if (!found.same)
		return _('%s meets %s of %s: the longer prefix decides').format(
			mine, other, name(found.peer));

	return found.isLater
		? _('%s belongs to %s too, which gets nothing of it').format(
			mine, name(found.peer))
		: _('%s belongs to %s too, which gets all of it').format(
			mine, name(found.peer));
}

function overlapsOf(peers, index) {
	const lists = peers.map(peer =>
		isEnabled(peer) ? peer.options.allowed_ips ?? [] : []);

	return address.peerOverlaps(lists).flatMap(one => {
		const isLater = one.peer === index;

		if (!isLater && one.other !== index)
			return [];

		const found = {
			same: one.same, isLater, peer: peers[isLater ? one.other : one.peer]
		};
		const texts = [ one.prefix, one.otherPrefix ];

		return [ {
			severity: one.same ? 'error' : 'warning',
			reason: words(found, ...(isLater ? texts : texts.reverse()))
		} ];
	});
}

return baseclass.extend({
	/* What people call a peer: its description, or how its key begins. */
	name,
	/*
	 * The peers as they are now, the index of one -> [{ severity: 'error' or 'warning',
	 * reason }]: where its allowed IPs meet those of others that are enabled.
	 */
	overlapsOf,
	/* A tunnel -> the allowed IPs of a new peer, see address.nextAddresses. */
	nextAddresses: tunnel => address.nextAddresses(
		tunnel.options.addresses ?? [], allowed(tunnel.peers))
});
