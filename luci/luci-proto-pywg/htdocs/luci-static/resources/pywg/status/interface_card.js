'use strict';
'require baseclass';
'require pywg.clipboard as clipboard';
'require pywg.config.keys as keys';
'require pywg.element as element';
'require pywg.status.diagnosis as diagnosis';
'require pywg.status.peer_card as peerCard';
'require pywg.units as units';
'require pywg.widgets as widgets';

/* One interface of the status page. */

const { create, setChildren } = element;

function errorsOf(iface) {
	return (iface.errors ?? []).map(error =>
		[ diagnosis.ERRORS[error.code] ?? error.code ].concat(error.data ?? [])
			.join(': '));
}

function summary(iface) {
	const status = iface.status;

	if (!status)
		return iface.up ? _('The daemon does not respond.') : _('Not running.');

	return [
		_('Port %d').format(status.listen_port),
		_('MTU %d').format(status.mtu),
		_('Uptime %s').format(units.duration(iface.uptime ?? 0)),
		_('Peers: %d (limit %d)').format(status.peers.length, status.limits.peers),
		_('Allowed IPs: %d (limit %d)')
			.format(status.used.allowed_ips, status.limits.allowed_ips)
	].join(' · ');
}

function dropNode(drop) {
	return create('li', { 'class': drop.isFault ? 'pywg-warning' : 'pywg-note' },
		`${drop.count} × ${drop.text}`);
}

function nameOf(peer) {
	return peer.description || peer.section || keys.short(peer.public_key);
}

class InterfaceCard {
	constructor(name) {
		this.name = name;
		this.peers = new Map();
		this.key = create('span');
		this.summary = create('div', { 'class': 'pywg-note' });
		this.complaints = create('div', { 'class': 'pywg-warning', 'hidden': '' });
		this.list = create('div', { 'class': 'pywg-peers' });
		this.drops = create('ul');
		this.dropped = create('details', { 'class': 'pywg-drops', 'hidden': '' },
			[ create('summary', _('Dropped packets')), this.drops ]);
		this.node = create('section', {
			'class': 'pywg-interface-card', 'data-interface': name
		}, [
			create('h3', [ name ]), this.summary, this.key, this.complaints,
			this.list, this.dropped
		]);
	}

	update(iface) {
		const status = iface.status;
		const complaints = errorsOf(iface).concat(status?.complaints ?? []);

		widgets.setText(this.summary, summary(iface));
		widgets.setText(this.complaints, complaints.join('\n'));
		this.showKey(status?.public_key);
		this.showPeers(iface);
		this.showDrops(diagnosis.drops(status?.drops ?? {}));
	}

	showKey(publicKey) {
		if (publicKey && this.publicKey !== publicKey)
			setChildren(this.key, clipboard.code(publicKey));

		this.publicKey = publicKey;
	}

	showDrops(drops) {
		this.dropped.hidden = !drops.length;

		if (this.dropped.open || !this.drops.children.length)
			setChildren(this.drops, drops.map(dropNode));
	}

	showPeers(iface) {
		const peers = iface.status?.peers ?? [];
		const present = peers.map(peer => peer.public_key);

		for (const [ key, card ] of this.peers)
			if (!present.includes(key)) {
				card.node.remove();
				this.peers.delete(key);
			}

		for (const peer of peers)
			this.card(peer).update(
				peer, iface.history[peer.public_key], iface.receivedAt);
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
	/* Return { node, update } for an interface; node never changes. */
	make(name) {
		return new InterfaceCard(name);
	}
});
