'use strict';
'require baseclass';
'require pywg.config.diff as diff';
'require pywg.config.form_state as formState';
'require pywg.config.import_export as importExport';
'require pywg.dialog as dialog';
'require pywg.forms.config_input as configInput';
'require pywg.forms.diff_view as diffView';
'require uci';

/* Takes a configuration in: shows what it changes, and only then changes it. */

function refused(complaint) {
	return complaint.severity === 'error';
}

class Import {
	constructor(section, peers) {
		this.section = section;
		this.current = formState.tunnel(section.section, section, peers);
		this.after = null;
		this.shown = E('div', { 'aria-live': 'polite' });
		this.input = configInput.make((text, name) => this.take(text, name));
		this.node = dialog.open(_('Import a configuration'), [
			E('p', _('A wg .conf file, a lone [Peer], or OpenWrt\'s UCI text: paste ' +
				'it, drop it here, or choose a file.')),
			this.input, this.shown
		], [ { text: _('Take over'), isMain: true, act: () => this.save() } ]);
	}

	take(text, fileName) {
		const found = importExport.read(text, fileName);
		const tunnel = found.tunnels[0];
		const isUsable = tunnel && !found.complaints.some(refused);

		this.after = isUsable ? diff.merge(this.current, tunnel) : null;
		L.dom.content(this.shown, text.trim() ? [
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

		await this.section.map.save(() => {
			const before = formState.tunnel(this.section.section);

			diff.apply(uci, diff.steps(before, after), 'network');
		}, true);
	}
}

return baseclass.extend({
	/* For the form of an interface, and the grid of its peers. */
	open(section, peers) {
		return new Import(section, peers).node;
	}
});
