'use strict';
'require baseclass';
'require pywg.element as element';
'require pywg.status.badge as stateBadge';
'require pywg.status.diagnosis as diagnosis';
'require pywg.status.peer_actions as peerActions';
'require pywg.status.rate_chart as rateChart';
'require pywg.units as units';
'require pywg.widgets as widgets';

/* One peer of the status page: a summary, and details that can be expanded. */

const { create } = element;

/* States whose untranslated reason has details: a host name, an error of the system. */
const DETAILED = [ 'unresolved', 'no_port' ];

let count = 0;

function figure(name) {
	const value = create('span', { 'class': 'pywg-value' });

	return { value, node: create('div', {
		'class': 'pywg-figure', 'data-figure': name
	}, [ create('small', name), value ]) };
}

class PeerCard {
	constructor(interfaceName, publicKey, name) {
		this.badge = stateBadge.make();
		this.figures = {
			handshake: figure(_('Handshake')), received: figure(_('Received')),
			sent: figure(_('Sent')), endpoint: figure(_('Endpoint'))
		};
		this.cause = create('p', { 'class': 'pywg-warning', 'hidden': '' });
		this.advice = create('p', { 'class': 'pywg-advice', 'hidden': '' });
		this.allowed = create('p', { 'class': 'pywg-note' });
		this.chart = rateChart.make();
		this.actions = peerActions.make(interfaceName, publicKey, name);
		this.node = this.draw(name);
	}

	draw(name) {
		const id = `pywg-peer-${count++}`;
		const more = create('div', { 'class': 'pywg-peer-details', 'id': id }, [
			this.cause, this.advice, this.chart.node, this.allowed, this.actions.node
		]);
		const line = create('summary', [
			create('strong', { 'class': 'pywg-name' }, name), this.badge,
			...Object.values(this.figures).map(({ node }) => node)
		]);

		return create('details', { 'class': 'pywg-peer', 'open': '' }, [ line, more ]);
	}

	update(peer, history, receivedAt) {
		const found = diagnosis.peer(peer);
		const { handshake, received, sent, endpoint } = this.figures;

		stateBadge.set(this.badge, peer);
		this.node.dataset.state = peer.state;
		this.node.dataset.tone = found.tone;
		stateBadge.setAge(handshake.value, peer.handshake_age);
		widgets.setText(received.value,
			`${units.bytes(peer.rx_bytes)} · ${units.rate(peer.rx_rate)}`);
		widgets.setText(sent.value,
			`${units.bytes(peer.tx_bytes)} · ${units.rate(peer.tx_rate)}`);
		widgets.setText(endpoint.value, peer.endpoint || peer.endpoint_host || '–');
		widgets.setText(this.cause, DETAILED.includes(peer.state)
			? `${found.cause}\n${found.detail}` : found.cause);
		widgets.setText(this.advice, found.advice);
		const more = peer.has_more_allowed_ips ? [ '…' ] : [];
		widgets.setText(this.allowed, peer.allowed_ips.length
			? _('Allowed IPs: %s').format(peer.allowed_ips.concat(more).join(', '))
			: _('No allowed IPs; nothing is sent to this peer.'));
		this.chart.update(history, peer, receivedAt);
		this.actions.update(peer);
	}
}

return baseclass.extend({
	/* Return { node, update } for a peer. update takes its status, its history, and the
	   performance.now() at which they were received. */
	make(interfaceName, publicKey, name) {
		return new PeerCard(interfaceName, publicKey, name);
	}
});
