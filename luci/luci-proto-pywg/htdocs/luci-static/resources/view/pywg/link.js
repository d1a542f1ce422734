'use strict';
'require pywg.widgets as widgets';
'require pywg.wizard.local_site as localSite';
'require pywg.wizard.wizard as wizard';
'require view';

/* Network > Link two homes */

return view.extend({
	load() {
		return L.hasViewPermission() ? localSite.load() : null;
	},

	render(known) {
		widgets.loadStyle();

		return E('div', [
			E('h2', _('Link two homes')),
			known ? wizard.make(known)
				: E('p', _('This account may look, but not change anything.'))
		]);
	},

	handleSave: null,
	handleSaveApply: null,
	handleReset: null
});
