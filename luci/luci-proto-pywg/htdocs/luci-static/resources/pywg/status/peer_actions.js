'use strict';
'require baseclass';
'require pywg.backend as backend';
'require pywg.config.address as address';
'require pywg.dialog as dialog';
'require uci';
'require ui';

/* What can be done about a peer from the status page. */

function button(text, title, act) {
	return E('button', {
		'class': 'btn cbi-button', 'type': 'button', 'title': title,
		'disabled': L.hasViewPermission() ? null : '',
		'click': ui.createHandlerFn(null, act)
	}, text);
}

async function disable(section) {
	await uci.load('network');
	uci.set('network', section, 'disabled', '1');
	await uci.save();
	await ui.changes.init();

	return ui.changes.apply(true);
}

function askToDisable(name, section) {
	dialog.open(_('Disable %s?').format(name), [
		E('p', _('The peer stays in the configuration; enable it again in ' +
			'Network > Interfaces. Changes that wait to be applied are applied too.'))
	], [ { text: _('Disable'), isMain: true, act: () => disable(section) } ]);
}

class PeerActions {
	constructor(interfaceName, publicKey, name) {
		this.resolve = button(_('Resolve again'), _('Look up the endpoint\'s name now'),
			() => backend.resolve(interfaceName, publicKey));
		this.rekey = button(_('New handshake'), _('Agree on new keys now'),
			() => backend.rekey(interfaceName, publicKey));
		this.disable = button(_('Disable…'), _('Part with this peer'),
			() => askToDisable(name, this.section));
		this.node = E('div', { 'class': 'pywg-buttons' },
			[ this.rekey, this.resolve, this.disable ]);
	}

	update(peer) {
		this.section = peer.section;
		this.resolve.hidden = !peer.endpoint_host ||
			address.parse(peer.endpoint_host) !== null;
		/* A peer that was not configured here has no section. */
		this.disable.hidden = !peer.section;
	}
}

return baseclass.extend({
	/* { node, update } */
	make(interfaceName, publicKey, name) {
		return new PeerActions(interfaceName, publicKey, name);
	}
});
