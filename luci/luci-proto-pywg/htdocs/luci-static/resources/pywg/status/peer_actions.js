'use strict';
'require baseclass';
'require pywg.backend as backend';
'require pywg.config.address as address';
'require pywg.dialog as dialog';
'require pywg.element as element';
'require uci';
'require ui';

/* The actions on a peer of the status page. */

const { create, notify } = element;

function button(text, title, act) {
	return create('button', {
		'class': 'btn cbi-button', 'type': 'button', 'title': title,
		'disabled': L.hasViewPermission() ? null : '',
		'click': ui.createHandlerFn(null,
			() => Promise.resolve().then(act).catch(notify))
	}, text);
}

async function disable(section) {
	await uci.load('network');
	uci.set('network', section, 'disabled', '1');
	await uci.save();
	await ui.changes.init();

	return ui.changes.apply(true);
}

function confirmDisable(name, section) {
	dialog.open(_('Disable %s?').format(name), [
		create('p', _('The peer stays in the configuration and can be enabled again ' +
			'in Network > Interfaces. Other pending changes are applied as well.'))
	], [ { text: _('Disable'), isMain: true, act: () => disable(section) } ]);
}

class PeerActions {
	constructor(interfaceName, publicKey, name) {
		this.resolve = button(_('Resolve ' +
			'again'), _('Resolve the endpoint host name now'),
			() => backend.resolve(interfaceName, publicKey));
		this.rekey = button(_('New handshake'), _('Start a handshake now'),
			() => backend.rekey(interfaceName, publicKey));
		this.disable = button(_('Disable…'), _('Disable this peer'),
			() => confirmDisable(name, this.section));
		this.node = create('div', { 'class': 'pywg-buttons' },
			[ this.rekey, this.resolve, this.disable ]);
	}

	update(peer) {
		this.section = peer.section;
		this.resolve.hidden = !peer.endpoint_host ||
			address.parse(peer.endpoint_host) !== null;
		/* A peer that was added at run time has no section. */
		this.disable.hidden = !peer.section;
	}
}

return baseclass.extend({
	/* Return { node, update }; update takes the status of the peer. */
	make(interfaceName, publicKey, name) {
		return new PeerActions(interfaceName, publicKey, name);
	}
});
