'use strict';
'require baseclass';
'require form';
'require pywg.backend as backend';
'require pywg.config.address as address';
'require pywg.config.keys as keys';
'require pywg.config.options as options';
'require pywg.config.remote_side as remoteSide';
'require pywg.element as element';
'require pywg.forms.key_field as keyField';
'require pywg.forms.live_cells as liveCells';
'require pywg.forms.toolbar as toolbar';
'require pywg.widgets as widgets';
'require uci';

/* The peers of an interface: a grid, and a form for each peer. */

const { create, setChildren } = element;

function list(value) {
	return L.toArray(value);
}

function nameOf(peer) {
	return peer.description || keys.short(peer.public_key ?? '') || _('Unnamed peer');
}

/* The peers whose allowed IPs overlap those of a peer: [{ name, prefix, isSame }]. */
function overlapsOf(type, section, allowedIps) {
	const peers = uci.sections('network', type).filter(peer =>
		peer['.name'] !== section && peer.disabled !== '1');
	const lists = peers.map(peer => list(peer.allowed_ips)).concat([ allowedIps ]);

	return address.findPeerOverlaps(lists)
		.filter(found => found.peer === peers.length)
		.map(found => ({ ...found, name: nameOf(peers[found.otherPeer]) }));
}

function describeOverlap(found) {
	return found.isSame
		? _('%s is also an allowed IP of %s; only one of the two ' +
			'peers receives its traffic.').format(found.prefix, found.name)
		: _('%s overlaps %s of %s; the more specific prefix wins.')
			.format(found.prefix, found.otherPrefix, found.name);
}

function overlapNotes(type, section, allowedIps) {
	return overlapsOf(type, section, allowedIps).map(found =>
		create('div', { 'class': found.isSame ? 'pywg-warning' : 'pywg-note' },
			describeOverlap(found)));
}

function ownAddresses(section) {
	return list(section.formvalue(section.section, 'addresses') ??
		uci.get('network', section.section, 'addresses'));
}

function proposed(section, type) {
	const taken = uci.sections('network', type).flatMap(peer => list(peer.allowed_ips));

	return address.nextAddresses(ownAddresses(section), taken);
}

function checked(option, name) {
	option.validate = (_section, text) =>
		(text ? options.reason(options.PEER, name, text) : '') || true;
}

function makeOptional(option, name) {
	option.modalonly = true;
	option.optional = true;
	checked(option, name);
}

function addEnabled(peers) {
	const option = peers.option(form.Flag, 'disabled', _('Enabled'));

	option.enabled = '0';
	option.disabled = '1';
	option.default = '0';
	option.editable = true;
	option.width = '5%';
}

function addName(peers) {
	const option = peers.option(form.Value, 'description', _('Name'));

	option.placeholder = _('cabin');
	option.optional = true;
	option.textvalue = element.cell(section => {
		const peer = uci.get('network', section) ?? {};

		return [
			create('strong', nameOf(peer)),
			create('br'),
			peer.public_key
				? create('code', { 'title': peer.public_key },
					keys.short(peer.public_key))
				: create('em', _('no public key'))
		];
	});
}

/* The private key of the form, which may be unsaved, or of the configuration. */
function isOwnKey(section, publicKey) {
	const secret = section.formvalue(section.section, 'private_key') ??
		uci.get('network', section.section, 'private_key');

	return publicKey !== '' && publicKey === backend.publicKeyOfName(secret);
}

function addKeys(peers, section) {
	const key = peers.option(form.Value, 'public_key', _('Public key'),
		_('Public key of the peer, as shown in its own settings.'));

	key.modalonly = true;
	key.rmempty = false;
	key.validate = (_section, text) => keys.reason(text) || (isOwnKey(section, text)
		? _('This is the public key of this router itself.') : true);

	peers.option(keyField.PresharedKey, 'preshared_key', _('Preshared key'),
		_('Optional symmetric key; it must be the same on both sides.'))
		.modalonly = true;
}

function addAllowedIps(peers, type) {
	const option = peers.option(form.DynamicList, 'allowed_ips', _('Allowed IPs'),
		_('Tunnel addresses of the peer, and the networks behind it.'));

	option.optional = true;
	checked(option, 'allowed_ips');
	option.textvalue = element.cell(section => {
		const own = list(uci.get('network', section, 'allowed_ips'));

		return create('div', { 'class': 'pywg-allowed' }, own.map(ip =>
			create('span', { 'class': 'ifacebadge' }, ip))
			.concat(overlapNotes(type, section, own)));
	});
	option.renderWidget = function(section, ...rest) {
		const notes = create('div', { 'aria-live': 'polite' });
		const show = ips =>
			setChildren(notes, overlapNotes(type, section, list(ips)));
		const widget = form.DynamicList.prototype.renderWidget
			.apply(this, [ section, ...rest ]);

		widget.addEventListener('cbi-dynlist-change', () =>
			show(this.formvalue(section)));
		show(uci.get('network', section, 'allowed_ips'));

		return create('div', [ widget, notes ]);
	};
}

function addRoute(peers) {
	const option = peers.option(form.Flag, 'route_allowed_ips', _('Route allowed IPs'),
		_('Create routes to the allowed IPs of this peer.'));

	option.modalonly = true;
}

function addEndpoint(peers) {
	const host = peers.option(form.Value, 'endpoint_host', _('Endpoint host'),
		_('Host name or IP address of the peer. Leave empty if the ' +
			'peer initiates the connection.'));

	makeOptional(host, 'endpoint_host');
	host.placeholder = 'home.example.org';

	const port = peers.option(form.Value, 'endpoint_port', _('Endpoint port'));

	makeOptional(port, 'endpoint_port');
	port.placeholder = options.DEFAULT_PORT;

	const keepalive = peers.option(form.Value, 'persistent_keepalive',
		_('Persistent keepalive'),
		element.escape(
			_('Interval in seconds; %d is recommended if this router is behind NAT.')
				.format(remoteSide.NAT_KEEPALIVE)));

	makeOptional(keepalive, 'persistent_keepalive');
	keepalive.placeholder = _('off');
}

function addRemoteSide(peers, section) {
	const option = peers.option(form.DummyValue, '_remote',
		_('Configuration for the peer'));

	option.modalonly = true;
	option.cfgvalue = function(name) {
		return toolbar.remoteButton(section, this.section, name);
	};
	option.write = () => {};
}

function addState(peers, section) {
	const option = peers.option(form.DummyValue, '_state', _('Status'));

	option.modalonly = false;
	option.textvalue = element.cell(name => liveCells.cell(section.section,
		uci.get('network', name, 'public_key')));
}

function addTab(section) {
	/* The tab exists if the form is rendered again. */
	if (!section.tabs?.peers)
		section.tab('peers', _('Peers'));
}

return baseclass.extend({
	/* Add the tab to the form of an interface, and return the section of the grid. */
	add(section) {
		const type = `pywg_${section.section}`;

		widgets.loadStyle();
		addTab(section);

		const grid = section.taboption('peers', form.SectionValue, '_peers',
			form.GridSection, type);
		const peers = grid.subsection;

		peers.anonymous = true;
		peers.addremove = true;
		peers.sortable = true;
		peers.nodescriptions = true;
		peers.addbtntitle = _('Add peer');
		peers.modaltitle = _('Peer');
		peers.renderSectionPlaceholder = () =>
			create('em', _('No peers are configured.'));
		peers.renderMoreOptionsModal = function(name, ...rest) {
			/* Only a new peer gets default values. */
			if (!uci.get('network', name, 'public_key') &&
				!uci.get('network', name, 'allowed_ips')) {
				uci.set('network', name, 'allowed_ips', proposed(section, type));
				uci.set('network', name, 'route_allowed_ips', '1');
			}

			return form.GridSection.prototype.renderMoreOptionsModal
				.apply(this, [ name, ...rest ]);
		};

		addEnabled(peers);
		addName(peers);
		addKeys(peers, section);
		addAllowedIps(peers, type);
		addRoute(peers);
		addEndpoint(peers);
		addState(peers, section);
		addRemoteSide(peers, section);

		return peers;
	}
});
