'use strict';
'require baseclass';
'require pywg.config.form_state as formState';
'require pywg.element as element';
'require pywg.forms.export_dialog as exportDialog';
'require pywg.forms.import_dialog as importDialog';
'require pywg.forms.remote_dialog as remoteDialog';
'require pywg.widgets as widgets';

/* Buttons for the import and export of configurations. */

const { create } = element;

async function exportTunnel(section, peers) {
	const name = section.section;
	const tunnel = await formState.revealSecrets(
		formState.tunnel(name, section, peers));

	exportDialog.open(_('Configuration of %s').format(name), tunnel, name);
}

return baseclass.extend({
	/* Return the import and export buttons of the form of an interface. */
	buttons(section, peers) {
		return create('div', { 'class': 'pywg-buttons' }, [
			widgets.button(_('Import…'), () => importDialog.open(section, peers)),
			widgets.button(_('Export…'), () => exportTunnel(section, peers))
		]);
	},

	/* Return the button of a peer's form that shows the configuration for the peer. */
	remoteButton(section, peerForm, id) {
		return widgets.button(_('Generate configuration…'),
			() => remoteDialog.open(section, peerForm, id));
	}
});
