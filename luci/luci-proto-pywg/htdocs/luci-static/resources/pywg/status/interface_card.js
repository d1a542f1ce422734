'use strict';
'require baseclass';
'require pywg.clipboard as clipboard';
'require pywg.config.keys as keys';
'require pywg.status.diagnosis as diagnosis';
'require pywg.status.peer_card as peerCard';
'require pywg.units as units';
'require pywg.widgets as widgets';

/* One interface of the status page. */

function errorsOf(one) {
	return (one.errors ?? []).map(error =>
		[ diagnosis.ERRORS[error.code] ?? error.code ].concat(error.data ?? [])
			.join(': '));
}

function summary(one) {
	const status = one.status;

	if (!status)
		return one.up ? _('The daemon does not answer.') : _('Not running.');

	return [
		_('Port %d').format(status.listen_port),
		_('MTU %d').format(status.mtu),
		_('up for %s').format(units.duration(one.uptime ?? 0)),
		_('%d of %d peers').format(status.peers.length, status.limits.peers)
	].join(' · ');
}

function drop(one) {
	return E('li', { 'class': one.isTrouble ? 'pywg-warning' : 'pywg-note' },
		_('%d × a packet %s').format(one.count, one.words));
}

function nameOf(peer) {
	return peer.description || peer.section || keys.short(peer.public_key);
}

class InterfaceCard {
	constructor(name) {
		this.name = name;
		this.peers = new Map();
		this.key = E('span');
		this.summary = E('div', { 'class': 'pywg-note' });
		this.complaints = E('div', { 'class': 'pywg-warning', 'hidden': '' });
		this.list = E('div', { 'class': 'pywg-peers' });
		this.drops = E('ul');
		this.dropped = E('details', { 'class': 'pywg-drops', 'hidden': '' },
			[ E('summary', _('Dropped packets')), this.drops ]);
		this.node = E('section', {
			'class': 'pywg-interface-card', 'data-interface': name
		}, [
			E('h3', [ name ]), this.summary, this.key, this.complaints,
			this.list, this.dropped
		]);
	}

	update(one) {
		const status = one.status;
		const complaints = errorsOf(one).concat(status?.complaints ?? []);

		widgets.setText(this.summary, summary(one));
		widgets.setText(this.complaints, complaints.join('\n'));
		this.showKey(status?.public_key);
		this.showPeers(one);
		this.showDrops(diagnosis.drops(status?.drops ?? {}));
	}

	showKey(publicKey) {
		if (publicKey && this.publicKey !== publicKey)
			L.dom.content(this.key, clipboard.code(publicKey));

		this.publicKey = publicKey;
	}

	showDrops(drops) {
		this.dropped.hidden = !drops.length;

		if (this.dropped.open || !this.drops.children.length)
			L.dom.content(this.drops, drops.map(drop));
	}

	showPeers(one) {
		const peers = one.status?.peers ?? [];
		const present = peers.map(peer => peer.public_key);

		for (const [ key, card ] of this.peers)
			if (!present.includes(key)) {
				card.node.remove();
				this.peers.delete(key);
			}

		for (const peer of peers)
			this.card(peer).update(peer, one.history[peer.public_key], one.seenAt);
	}

	card(peer) {
		if (!this.peers.has(peer.public_key)) {
			const card = peerCard.make(this.name, peer.public_key, nameOf(peer));

			this.peers.set(peer.public_key, card);
			this.list.appendChild(card.node);
		}

		return this.peers.get(peer.public_key);
	}
}

return baseclass.extend({
	/* { node, update } of an interface; node stays the same for good. */
	make(name) {
		return new InterfaceCard(name);
	}
});
