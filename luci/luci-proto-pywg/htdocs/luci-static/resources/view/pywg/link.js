'use strict';
'require pywg.assistant as assistant';
'require pywg.here as here';
'require pywg.style as style';
'require view';

/* Network > Link two homes */

return view.extend({
	load() {
		return L.hasViewPermission() ? here.look() : null;
	},

	render(known) {
		style.load();

		return E('div', [
			E('h2', _('Link two homes')),
			known ? assistant.make(known)
				: E('p', _('This account may look, but not change anything.'))
		]);
	},

	handleSave: null,
	handleSaveApply: null,
	handleReset: null
});
