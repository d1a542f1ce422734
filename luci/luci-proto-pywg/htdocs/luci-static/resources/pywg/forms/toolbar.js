'use strict';
'require baseclass';
'require pywg.config.form_state as formState';
'require pywg.forms.export_dialog as exportDialog';
'require pywg.forms.import_dialog as importDialog';
'require pywg.forms.remote_dialog as remoteDialog';
'require pywg.widgets as widgets';

/* Configuration in and out of the forms, as text. */

async function giveOut(section, peers) {
	const name = section.section;
	const tunnel = await formState.revealSecrets(
		formState.tunnel(name, section, peers));

	exportDialog.open(_('Configuration of %s').format(name), tunnel, name);
}

return baseclass.extend({
	/* For the interface's form: take a configuration in, give it out. */
	buttons(section, peers) {
		return E('div', { 'class': 'pywg-buttons' }, [
			widgets.button(_('Import…'), () => importDialog.open(section, peers)),
			widgets.button(_('Export…'), () => giveOut(section, peers))
		]);
	},

	/* For a peer's form: what the other side needs. */
	remoteButton(section, peerForm, id) {
		return widgets.button(_('Make its configuration…'),
			() => remoteDialog.open(section, peerForm, id));
	}
});
