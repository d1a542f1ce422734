'use strict';
'require baseclass';
'require pywg.backend as backend';
'require pywg.config.diff as diff';
'require pywg.config.form_state as formState';
'require pywg.config.import_export as importExport';
'require pywg.dialog as dialog';
'require pywg.element as element';
'require pywg.forms.config_input as configInput';
'require pywg.forms.diff_view as diffView';
'require uci';

/* Import of a configuration: the changes are shown before they are saved. */

const { create, setChildren } = element;

class ImportDialog {
	constructor(section, peers) {
		this.section = section;
		this.current = formState.tunnel(section.section, section, peers);
		this.after = null;
		this.preview = create('div', { 'aria-live': 'polite' });
		this.input = configInput.make((text, name) => this.read(text, name));
		this.node = dialog.open(_('Import configuration'), [
			create('p', _('Paste or drop a WireGuard .conf file, a single [Peer] ' +
				'section or OpenWrt UCI text here, or choose a file.')),
			this.input, this.preview
		], [ { text: _('Import'), isMain: true, act: () => this.save() } ]);
	}

	read(text, fileName) {
		const found = importExport.read(text, fileName);
		const tunnel = found.tunnels[0];
		const isUsable = tunnel &&
			!found.complaints.some(complaint => complaint.severity === 'error');

		this.after = isUsable ? diff.merge(this.current, tunnel) : null;
		setChildren(this.preview, text.trim() ? [
			diffView.complaints(found.complaints),
			this.after ? this.changes() : ''
		] : '');
	}

	changes() {
		return diffView.changes(diff.between(this.current, this.after));
	}

	async save() {
		if (!this.after)
			return false;

		const after = await formState.storeSecrets(this.after);
		const own = backend.publicKeyOfName(after.options?.private_key);

		if (own && after.peers.some(peer => peer.options.public_key === own))
			throw new Error(_('A peer has the public key of this router itself. ' +
				'Import the configuration on the other side of the tunnel, or remove ' +
				'the peer.'));

		await this.section.map.save(() => {
			const before = formState.tunnel(this.section.section);

			diff.apply(uci, diff.steps(before, after), 'network');
		}, true);
	}
}

return baseclass.extend({
	/* Open the dialog for the form of an interface and the grid of its peers, and
	   return the node of the dialog. */
	open(section, peers) {
		return new ImportDialog(section, peers).node;
	}
});
