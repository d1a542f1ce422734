'use strict';
'require baseclass';
'require poll';
'require pywg.backend as backend';
'require pywg.element as element';
'require pywg.status.badge as stateBadge';
'require pywg.units as units';
'require pywg.widgets as widgets';

/* The status of peers in the cells of a table, updated periodically. */

const { create } = element;

/* Seconds. */
const INTERVAL = 5;
/* The poll function of each interface that has cells. */
const polled = new Map();

function fill(cell, peer) {
	const [ badge, age, rates ] = cell.children;

	stateBadge.set(badge, peer);
	stateBadge.setAge(age, peer?.handshake_age ?? null);
	age.hidden = !peer;
	widgets.setText(rates, peer ? [
		`↓ ${units.rate(peer.rx_rate)}  ↑ ${units.rate(peer.tx_rate)}`, peer.endpoint
	].join('\n') : '');
}

async function refresh(name) {
	const cells = [ ...document.querySelectorAll('[data-pywg-interface]') ]
		.filter(cell => cell.dataset.pywgInterface === name);

	if (!cells.length) {
		poll.remove(polled.get(name));
		polled.delete(name);

		return;
	}

	const status = await L.resolveDefault(backend.status(name), { peers: [] });

	cells.forEach(cell => fill(cell, status.peers.find(peer =>
		peer.public_key === cell.dataset.pywgPeer)));
}

function follow(name) {
	if (!polled.has(name)) {
		polled.set(name, () => refresh(name));
		poll.add(polled.get(name), INTERVAL);
	}
	/* The cell is added to the document with the form. */
	setTimeout(() => refresh(name), 100);
}

return baseclass.extend({
	/* Return a cell that shows the status of a peer while it is in the document. */
	cell(name, publicKey) {
		follow(name);

		return create('div', {
			'class': 'pywg-cell', 'data-pywg-interface': name,
			'data-pywg-peer': publicKey ?? ''
		}, [
			stateBadge.make(),
			create('small', { 'class': 'pywg-age' }),
			create('small', { 'class': 'pywg-rates' })
		]);
	}
});
