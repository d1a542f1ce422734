'use strict';
'require network';
'require pywg.backend as backend';
'require pywg.forms.interface_form as interfaceForm';
'require pywg.forms.peer_grid as peerGrid';
'require pywg.status.diagnosis as diagnosis';
'require uci';

/* The protocol handler for Network > Interfaces. */

network.registerPatternVirtual(/^pywg/);

for (const [ code, text ] of Object.entries(diagnosis.ERRORS))
	network.registerErrorCode(code, text);

/* An applied change may have deleted interfaces and peers with stored keys. LuCI sends
   this event after the confirmation, never before a rollback. */
document.addEventListener('uci-applied', () =>
	L.resolveDefault(backend.removeUnused(), null));

/* The data of an error have the details. */
function withDetails(error, translated) {
	const details = (error.data ?? []).filter(text => text);

	return details.length ? `${translated}: ${details.join(' ')}` : translated;
}

return network.registerProtocol('pywg', {
	getI18n() {
		return _('WireGuard VPN (pywg)');
	},

	getIfname() {
		return this._ubus('l3_device') || this.sid;
	},

	getPackageName() {
		return 'pywg-embedded';
	},

	getOpkgPackage() {
		return this.getPackageName();
	},

	isFloating() {
		return true;
	},

	isVirtual() {
		return true;
	},

	getDevices() {
		return null;
	},

	containsDevice(device) {
		return network.getIfnameOf(device) === this.getIfname();
	},

	getErrors() {
		const translated = this.super('getErrors', []);

		return translated && translated.map((text, at) =>
			withDetails(this._ubus('errors')[at], text));
	},

	renderFormOptions(section) {
		const peers = peerGrid.add(section);

		interfaceForm.add(section, peers);
	},

	deleteConfiguration() {
		const type = `pywg_${this.sid}`;

		uci.sections('network', type).forEach(peer =>
			uci.remove('network', peer['.name']));
	}
});
