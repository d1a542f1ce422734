'use strict';
'require poll';
'require pywg.backend as backend';
'require pywg.status.interface_card as interfaceCard';
'require pywg.widgets as widgets';
'require view';

/* Status > pywg: every interface of the protocol, and its peers. */

const INTERVAL = 5;

function look(one) {
	return Promise.all([
		L.resolveDefault(backend.status(one.interface), null),
		L.resolveDefault(backend.history(one.interface), {})
	]).then(([ status, history ]) =>
		({ ...one, status, history, seenAt: performance.now() }));
}

async function lookAround() {
	return Promise.all((await backend.interfaces()).map(look));
}

function nothing() {
	return E('div', { 'class': 'pywg-empty' }, [
		E('p', _('There is no link yet.')),
		E('a', {
			'class': 'btn cbi-button cbi-button-action',
			'href': L.url('admin/network/pywg')
		}, _('Link two homes'))
	]);
}

/* What is there stays where it is; what is new is added, what is gone goes. */
function refresh(root, cards, found) {
	const names = found.map(one => one.interface);

	for (const [ name, card ] of cards)
		if (!names.includes(name)) {
			card.node.remove();
			cards.delete(name);
		}

	for (const one of found) {
		if (!cards.has(one.interface)) {
			cards.set(one.interface, interfaceCard.make(one.interface));
			root.appendChild(cards.get(one.interface).node);
		}

		cards.get(one.interface).update(one);
	}

	root.classList.toggle('pywg-has-none', !found.length);
}

return view.extend({
	load() {
		return lookAround();
	},

	render(found) {
		const cards = new Map();
		const root = E('div', { 'class': 'pywg-interfaces' }, nothing());

		widgets.loadStyle();
		refresh(root, cards, found);
		poll.add(() => lookAround().then(next => refresh(root, cards, next)), INTERVAL);

		return E('div', [ E('h2', _('pywg links')), root ]);
	},

	handleSave: null,
	handleSaveApply: null,
	handleReset: null
});
