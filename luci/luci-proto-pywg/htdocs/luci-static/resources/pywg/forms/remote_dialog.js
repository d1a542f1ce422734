'use strict';
'require baseclass';
'require pywg.backend as backend';
'require pywg.config.address as address';
'require pywg.config.form_state as formState';
'require pywg.config.options as options';
'require pywg.config.remote_side as remoteSide';
'require pywg.dialog as dialog';
'require pywg.element as element';
'require pywg.forms.diff_view as diffView';
'require pywg.forms.export_dialog as exportDialog';
'require pywg.widgets as widgets';
'require pywg.wizard.local_site as localSite';
'require uci';

/* The configuration for the device of a peer, from the values of the forms. */

const { create, setChildren } = element;

class RemoteDialog {
	constructor(section, peerForm, id, known, publicKey) {
		this.section = section;
		this.peerForm = peerForm;
		this.id = id;
		this.known = known;
		this.publicKey = publicKey;
		this.view = create('div');
		this.endpoint = widgets.textField(_('Endpoint of this router'),
			known.endpoint, () => this.show());
		this.lans = widgets.listField(_('Networks the peer may access'),
			known.lans, () => this.show());
		this.node = dialog.open(_('Configuration for the peer'), [
			this.keyNote(), this.endpoint.node, this.lans.node, this.view
		], []);
		this.show();
	}

	keyNote() {
		return create('div', [
			create('p', _('The private key of the peer is not known to this router ' +
				'and is missing below. If you generate a new key pair, its private ' +
				'key is shown below but not stored on this router: save it now.')),
			create('button', {
				'class': 'btn cbi-button', 'type': 'button',
				'click': () => this.generateKeys()
			}, _('Generate new key pair'))
		]);
	}

	async generateKeys() {
		const pair = await backend.generatePair();

		this.privateKey = pair.private_key;
		this.peerForm.getUIElement(this.id, 'public_key').setValue(pair.public_key);
		await this.show();
	}

	/* Return the valid networks, and complain about the others. */
	networks() {
		const all = this.lans.value();
		const invalid = all.filter(text => !address.parsePrefix(text));

		this.lans.complain(diffView.problems(invalid.map(text => ({
			severity: 'error',
			reason: _('%s is not a network prefix').format(options.quote(text))
		}))), invalid.length > 0);

		return all.filter(text => !invalid.includes(text));
	}

	/* Invalid values in the forms are reported in the place of the configuration. */
	show() {
		return this.make().then(view => setChildren(this.view, view), error =>
			setChildren(this.view,
				create('div', { 'class': 'pywg-warning' }, error.message)));
	}

	async make() {
		const name = this.section.section;
		const tunnel = formState.tunnel(name, this.section, null);
		const unsaved = formState.tunnel(name, null, this.peerForm).peers
			.find(peer => peer.id === this.id);
		const { peers: [ peer ] } =
			await formState.revealSecrets({ options: null, peers: [ unsaved ] });
		const stored = uci.get('network', this.id, 'private_key');
		const remote = remoteSide.make(tunnel, { ...peer, options: {
			...peer.options, private_key: this.privateKey ?? stored
		} }, {
			public_key: this.publicKey, name: this.known.name,
			endpoint: this.endpoint.value(), keepalive: remoteSide.NAT_KEEPALIVE,
			allowed_ips: remoteSide.hostsOf(tunnel.options.addresses)
				.concat(this.networks())
		});

		return exportDialog.view(remote, [], peer.options.description ?? name);
	}
}

return baseclass.extend({
	/* Open the dialog for a peer, by the id of its section, and return a promise of the
	   node of the dialog. Takes the form of the interface and the form of the peer. */
	async open(section, peerForm, id) {
		const own = section.formvalue(section.section, 'private_key');
		const [ known, publicKey ] = await Promise.all([
			localSite.load(), own ? backend.publicKey(own) : ''
		]);

		return new RemoteDialog(section, peerForm, id, known, publicKey).node;
	}
});
