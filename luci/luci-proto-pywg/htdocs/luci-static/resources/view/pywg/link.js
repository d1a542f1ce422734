'use strict';
'require pywg.widgets as widgets';
'require pywg.wizard.local_site as localSite';
'require pywg.wizard.wizard as wizard';
'require view';

/* Network > Link two homes: the wizard. */

return view.extend({
	load() {
		return L.hasViewPermission() ? localSite.load() : null;
	},

	render(site) {
		widgets.loadStyle();

		return E('div', [
			E('h2', _('Link two homes')),
			site ? wizard.make(site)
				: E('p', _('This account has read-only access.'))
		]);
	},

	handleSave: null,
	handleSaveApply: null,
	handleReset: null
});
