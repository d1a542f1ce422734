'use strict';
'require baseclass';
'require pywg.backend as backend';
'require pywg.config.address as address';
'require pywg.config.form_state as formState';
'require pywg.config.options as options';
'require pywg.config.remote_side as remoteSide';
'require pywg.dialog as dialog';
'require pywg.forms.diff_view as diffView';
'require pywg.forms.export_dialog as exportDialog';
'require pywg.widgets as widgets';
'require pywg.wizard.local_site as localSite';
'require uci';

/* What a peer's own router or phone needs, from what the forms show. */

class RemoteDialog {
	constructor(section, peerForm, id, known, publicKey) {
		this.section = section;
		this.peerForm = peerForm;
		this.id = id;
		this.known = known;
		this.publicKey = publicKey;
		this.sheet = E('div');
		this.endpoint = widgets.textField(_('Where it reaches this router'),
			known.endpoint, () => this.show());
		this.lans = widgets.listField(_('What it reaches behind this router'),
			known.lans, () => this.show());
		this.node = dialog.open(_('For the other side'), [
			this.keyNote(), this.endpoint.node, this.lans.node, this.sheet
		], []);
		this.show();
	}

	keyNote() {
		return E('div', [
			E('p', _('Only the other side has its private key, so the text below ' +
				'lacks it. Or make a new pair of keys: the private one is then in ' +
				'the text and nowhere else, so take it along now.')),
			E('button', {
				'class': 'btn cbi-button', 'type': 'button',
				'click': () => this.makeKeys()
			}, _('Make a new pair of keys'))
		]);
	}

	async makeKeys() {
		const pair = await backend.generatePair();

		this.privateKey = pair.private_key;
		this.peerForm.getUIElement(this.id, 'public_key').setValue(pair.public_key);
		await this.show();
	}

	/* Those that are some; of the others it is told. */
	networks() {
		const all = this.lans.value();
		const wrong = all.filter(text => !address.parsePrefix(text));

		this.lans.complain(diffView.problems(wrong.map(text => ({
			severity: 'error', reason: _('%s is no network').format(options.quote(text))
		}))), wrong.length > 0);

		return all.filter(text => !wrong.includes(text));
	}

	/* Without a reason, a form that has wrong values would leave this empty. */
	show() {
		return this.make().then(sheet => L.dom.content(this.sheet, sheet), error =>
			L.dom.content(this.sheet, E('div', {
				'class': 'pywg-sentence pywg-warning'
			}, error.message)));
	}

	async make() {
		const name = this.section.section;
		const tunnel = formState.tunnel(name, this.section, null);
		const shown = formState.tunnel(name, null, this.peerForm).peers
			.find(peer => peer.id === this.id);
		const { peers: [ peer ] } =
			await formState.revealSecrets({ options: null, peers: [ shown ] });
		const stored = uci.get('network', this.id, 'private_key');
		const remote = remoteSide.make(tunnel, { ...peer, options: {
			...peer.options, private_key: this.privateKey ?? stored
		} }, {
			public_key: this.publicKey, name: this.known.name,
			endpoint: this.endpoint.value(), keepalive: remoteSide.NAT_KEEPALIVE,
			allowed_ips: remoteSide.hostsOf(tunnel.options.addresses)
				.concat(this.networks())
		});

		return exportDialog.sheet(remote, [], peer.options.description ?? name);
	}
}

return baseclass.extend({
	async open(section, peerForm, id) {
		const own = section.formvalue(section.section, 'private_key');
		const [ known, publicKey ] = await Promise.all([
			localSite.load(), own ? backend.publicKey(own) : ''
		]);

		return new RemoteDialog(section, peerForm, id, known, publicKey).node;
	}
});
