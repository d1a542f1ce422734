'use strict';
'require baseclass';
'require pywg.changelist as changelist';
'require pywg.changes as changes';
'require pywg.conf as conf';
'require pywg.dialog as dialog';
'require pywg.onscreen as onscreen';
'require pywg.textinput as textinput';
'require uci';

/* Takes a configuration in: shows what it changes, and only then changes it. */

function refused(complaint) {
	return complaint.severity === 'error';
}

class Import {
	constructor(section, peers) {
		this.section = section;
		this.current = onscreen.tunnel(section.section, section, peers);
		this.after = null;
		this.shown = E('div', { 'aria-live': 'polite' });
		this.input = textinput.make((text, name) => this.take(text, name));
		this.node = dialog.open(_('Import a configuration'), [
			E('p', _('A wg .conf file, a lone [Peer], or OpenWrt\'s UCI text: paste ' +
				'it, drop it here, or choose a file.')),
			this.input, this.shown
		], [ { text: _('Take over'), isMain: true, act: () => this.save() } ]);
	}

	take(text, fileName) {
		const found = conf.read(text, fileName);
		const tunnel = found.tunnels[0];
		const isUsable = tunnel && !found.complaints.some(refused);

		this.after = isUsable ? changes.merge(this.current, tunnel) : null;
		L.dom.content(this.shown, text.trim() ? [
			changelist.complaints(found.complaints),
			this.after ? this.changes() : ''
		] : '');
	}

	changes() {
		return changelist.changes(changes.between(this.current, this.after));
	}

	async save() {
		if (!this.after)
			return false;

		const after = await onscreen.kept(this.after);

		await this.section.map.save(() => {
			const before = onscreen.tunnel(this.section.section);

			changes.apply(uci, changes.steps(before, after), 'network');
		}, true);
	}
}

return baseclass.extend({
	/* For the form of an interface, and the grid of its peers. */
	open(section, peers) {
		return new Import(section, peers).node;
	}
});
