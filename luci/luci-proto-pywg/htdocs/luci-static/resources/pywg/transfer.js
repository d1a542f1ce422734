'use strict';
'require baseclass';
'require pywg.button as button';
'require pywg.config.form_state as formState';
'require pywg.exportdialog as exportdialog';
'require pywg.importdialog as importdialog';
'require pywg.otherdialog as otherdialog';

/* Configuration in and out of the forms, as text. */

async function giveOut(section, peers) {
	const name = section.section;
	const tunnel = await formState.revealed(formState.tunnel(name, section, peers));

	exportdialog.open(_('Configuration of %s').format(name), tunnel, name);
}

return baseclass.extend({
	/* For the interface's form: take a configuration in, give it out. */
	buttons(section, peers) {
		return E('div', { 'class': 'pywg-buttons' }, [
			button.make(_('Import…'), () => importdialog.open(section, peers)),
			button.make(_('Export…'), () => giveOut(section, peers))
		]);
	},

	/* For a peer's form: what the other side needs. */
	otherSide(section, peerForm, id) {
		return button.make(_('Make its configuration…'),
			() => otherdialog.open(section, peerForm, id));
	}
});
