'use strict';
'require baseclass';
'require pywg.widgets as widgets';

/*
 * A dialog above whatever is there, LuCI's own modal included: the browser keeps the
 * focus in it, closes it on Escape and gives the focus back.
 */

return baseclass.extend({
	/*
	 * title, nodes, [{ text, isMain, act }]: an act that returns (a promise of) false
	 * leaves the dialog open. Returns its node.
	 */
	open(title, nodes, actions) {
		const node = E('dialog', { 'class': 'pywg-dialog', 'aria-label': title });
		const close = () => node.close();
		const buttons = actions.map(action => widgets.button(action.text, async () => {
			if (await action.act() !== false)
				close();
		}, action.isMain));

		node.append(E('h4', title), ...nodes,
			E('div', { 'class': 'right pywg-buttons' }, [
				widgets.button(actions.length ? _('Cancel') : _('Close'), close),
				...buttons
			]));
		node.addEventListener('close', () => node.remove());
		document.body.append(node);
		node.showModal();

		return node;
	}
});
