'use strict';
'require poll';
'require pywg.backend as backend';
'require pywg.element as element';
'require pywg.status.interface_card as interfaceCard';
'require pywg.widgets as widgets';
'require view';

/* Status > pywg: the interfaces of the protocol and their peers. */

const { create } = element;

/* Seconds. */
const INTERVAL = 5;

function withStatus(iface) {
	return Promise.all([
		L.resolveDefault(backend.status(iface.interface), null),
		L.resolveDefault(backend.history(iface.interface), {})
	]).then(([ status, history ]) =>
		({ ...iface, status, history, receivedAt: performance.now() }));
}

async function query() {
	return Promise.all((await backend.interfaces()).map(withStatus));
}

function placeholder() {
	return create('div', { 'class': 'pywg-empty' }, [
		create('p', _('No pywg interface is configured.')),
		create('a', {
			'class': 'btn cbi-button cbi-button-action',
			'href': L.url('admin/network/pywg')
		}, _('Link two homes'))
	]);
}

/* Existing cards are updated in place, to preserve selections and expanded details. */
function refresh(root, cards, interfaces) {
	const names = interfaces.map(iface => iface.interface);

	for (const [ name, card ] of cards)
		if (!names.includes(name)) {
			card.node.remove();
			cards.delete(name);
		}

	for (const iface of interfaces) {
		const name = iface.interface;

		if (!cards.has(name)) {
			cards.set(name, interfaceCard.make(name));
			root.appendChild(cards.get(name).node);
		}

		cards.get(name).update(iface);
	}

	root.classList.toggle('pywg-has-none', !interfaces.length);
}

return view.extend({
	load() {
		return query();
	},

	render(interfaces) {
		const cards = new Map();
		const root = create('div', { 'class': 'pywg-interfaces' }, placeholder());

		widgets.loadStyle();
		refresh(root, cards, interfaces);
		poll.add(() => query().then(next => refresh(root, cards, next)), INTERVAL);

		return create('div', [ create('h2', _('WireGuard status (pywg)')), root ]);
	},

	handleSave: null,
	handleSaveApply: null,
	handleReset: null
});
