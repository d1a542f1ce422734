'use strict';
'require pywg.element as element';
'require pywg.widgets as widgets';
'require pywg.wizard.local_site as localSite';
'require pywg.wizard.wizard as wizard';
'require view';

/* Network > Link two homes: the wizard. */

const { create } = element;

return view.extend({
	load() {
		return L.hasViewPermission() ? localSite.load() : null;
	},

	render(site) {
		widgets.loadStyle();

		return create('div', [
			create('h2', _('Link two homes')),
			site ? wizard.make(site)
				: create('p', _('This account has read-only access.'))
		]);
	},

	handleSave: null,
	handleSaveApply: null,
	handleReset: null
});
