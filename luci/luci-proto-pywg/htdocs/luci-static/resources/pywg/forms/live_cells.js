'use strict';
'require baseclass';
'require poll';
'require pywg.backend as backend';
'require pywg.status.badge as stateBadge';
'require pywg.units as units';
'require pywg.widgets as widgets';

/* What peers do, in cells of a table that somebody else draws. */

const INTERVAL = 5;
const watched = new Map();

function fill(cell, peer) {
	const [ badge, age, rates ] = cell.children;

	stateBadge.set(badge, peer);
	stateBadge.setAge(age, peer?.handshake_age ?? null);
	age.hidden = !peer;
	widgets.setText(rates, peer ? [
		`↓ ${units.rate(peer.rx_rate)}  ↑ ${units.rate(peer.tx_rate)}`, peer.endpoint
	].join('\n') : '');
}

async function look(name) {
	const cells = [ ...document.querySelectorAll(`[data-pywg-interface="${name}"]`) ];

	if (!cells.length) {
		poll.remove(watched.get(name));
		watched.delete(name);

		return;
	}

	const status = await L.resolveDefault(backend.status(name), { peers: [] });

	cells.forEach(cell => fill(cell, status.peers.find(peer =>
		peer.public_key === cell.dataset.pywgPeer)));
}

function watch(name) {
	if (!watched.has(name)) {
		watched.set(name, () => look(name));
		poll.add(watched.get(name), INTERVAL);
	}
	/* It is not in the document before the form is. */
	setTimeout(() => look(name), 100);
}

return baseclass.extend({
	/* A cell that follows a peer for as long as it is on the screen. */
	cell(name, publicKey) {
		watch(name);

		return E('div', {
			'class': 'pywg-cell', 'data-pywg-interface': name,
			'data-pywg-peer': publicKey ?? ''
		}, [
			stateBadge.make(),
			E('small', { 'class': 'pywg-age' }),
			E('small', { 'class': 'pywg-rates' })
		]);
	}
});
