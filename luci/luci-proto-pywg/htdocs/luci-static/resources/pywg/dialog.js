'use strict';
'require baseclass';
'require pywg.element as element';
'require pywg.widgets as widgets';

/*
 * Modal dialogs that can be opened above LuCI's own modal. The browser confines the
 * focus to the dialog, closes it on Escape and restores the focus.
 */

const { create, setChildren } = element;

return baseclass.extend({
	/*
	 * Open a dialog with a title, nodes and actions [{ text, isMain, act }], and return
	 * its node. The dialog stays open if act returns false or a promise of false, and
	 * shows the error if the promise is rejected.
	 */
	open(title, nodes, actions) {
		const node = create('dialog', { 'class': 'pywg-dialog', 'aria-label': title });
		const failure = create('div', { 'class': 'pywg-warning', 'role': 'alert' });
		const close = () => node.close();
		const buttons = actions.map(action => widgets.button(action.text, async () => {
			if (await action.act() !== false)
				close();
		}, action.isMain, error => setChildren(failure, error.message)));

		node.append(create('h4', title), ...nodes, failure,
			create('div', { 'class': 'right pywg-buttons' }, [
				widgets.button(actions.length ? _('Cancel') : _('Close'), close),
				...buttons
			]));
		node.addEventListener('close', () => node.remove());
		document.body.append(node);
		node.showModal();

		return node;
	}
});
