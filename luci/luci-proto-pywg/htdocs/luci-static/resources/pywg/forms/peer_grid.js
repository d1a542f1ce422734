'use strict';
'require baseclass';
'require form';
'require pywg.config.address as address';
'require pywg.config.keys as keys';
'require pywg.config.options as options';
'require pywg.config.remote_side as remoteSide';
'require pywg.forms.key_field as keyField';
'require pywg.forms.live_cells as liveCells';
'require pywg.forms.toolbar as toolbar';
'require pywg.widgets as widgets';
'require uci';

/* The peers of an interface: a grid, and a form for each. */

function list(value) {
	return L.toArray(value);
}

function nameOf(peer) {
	return peer.description || keys.short(peer.public_key ?? '') || _('Unnamed peer');
}

/* Which peers share addresses with this one: [{ name, prefix, isSame }]. */
function overlapsOf(type, section, allowedIps) {
	const others = uci.sections('network', type).filter(one =>
		one['.name'] !== section && one.disabled !== '1');
	const lists = others.map(one => list(one.allowed_ips)).concat([ allowedIps ]);

	return address.findPeerOverlaps(lists)
		.filter(found => found.peer === others.length)
		.map(found => ({ ...found, name: nameOf(others[found.otherPeer]) }));
}

function overlapWords(found) {
	return found.isSame
		? _('%s is allowed for %s as well: only one of them gets what is sent there.')
			.format(found.prefix, found.name)
		: _('%s meets %s of %s: the longer prefix decides.')
			.format(found.prefix, found.otherPrefix, found.name);
}

function overlapNotes(type, section, allowedIps) {
	return overlapsOf(type, section, allowedIps).map(found =>
		E('div', { 'class': found.isSame ? 'pywg-warning' : 'pywg-note' },
			overlapWords(found)));
}

function ownAddresses(section) {
	return list(section.formvalue(section.section, 'addresses') ??
		uci.get('network', section.section, 'addresses'));
}

function proposed(section, type) {
	const taken = uci.sections('network', type).flatMap(one => list(one.allowed_ips));

	return address.nextAddresses(ownAddresses(section), taken);
}

function checked(option, name) {
	option.validate = (_section, text) =>
		(text ? options.reason(options.PEER, name, text) : '') || true;
}

function value(peers, widget, name, title, description) {
	const option = peers.option(widget, name, title, description);

	option.modalonly = true;
	option.optional = true;
	checked(option, name);

	return option;
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
	option.textvalue = section => {
		const peer = uci.get('network', section) ?? {};

		return E('div', [
			E('strong', nameOf(peer)),
			E('br'),
			peer.public_key
				? E('code', { 'title': peer.public_key }, keys.short(peer.public_key))
				: E('em', _('no key yet'))
		]);
	};
}

function addKeys(peers) {
	const key = peers.option(form.Value, 'public_key', _('Public key'),
		_('The other side shows it in its own settings.'));

	key.modalonly = true;
	key.rmempty = false;
	key.validate = (_section, text) => keys.reason(text) || true;

	peers.option(keyField.PresharedKey, 'preshared_key', _('Preshared key'),
		_('A secret that both sides share besides; optional.')).modalonly = true;
}

function addAllowedIps(peers, type) {
	const option = peers.option(form.DynamicList, 'allowed_ips', _('Allowed IPs'),
		_('What is behind the peer: its address in the tunnel, and its networks.'));

	option.optional = true;
	checked(option, 'allowed_ips');
	option.textvalue = section => {
		const own = list(uci.get('network', section, 'allowed_ips'));

		return E('div', { 'class': 'pywg-allowed' }, own.map(ip =>
			E('span', { 'class': 'ifacebadge' }, ip))
			.concat(overlapNotes(type, section, own)));
	};
	option.renderWidget = function(section, ...rest) {
		const notes = E('div', { 'aria-live': 'polite' });
		const show = ips =>
			L.dom.content(notes, overlapNotes(type, section, list(ips)));
		const widget = form.DynamicList.prototype.renderWidget
			.apply(this, [ section, ...rest ]);

		widget.addEventListener('cbi-dynlist-change', () =>
			show(this.formvalue(section)));
		show(uci.get('network', section, 'allowed_ips'));

		return E('div', [ widget, notes ]);
	};
}

function addRoute(peers) {
	const option = peers.option(form.Flag, 'route_allowed_ips', _('Route allowed IPs'),
		_('Send what goes there through the tunnel.'));

	option.modalonly = true;
}

function addEndpoint(peers) {
	const host = value(peers, form.Value, 'endpoint_host', _('Endpoint host'),
		_('Name or address of the other side. Empty if it calls us.'));

	host.placeholder = 'home.example.org';

	const port = value(peers, form.Value, 'endpoint_port', _('Endpoint port'));

	port.placeholder = options.DEFAULT_PORT;

	const keepalive = value(peers, form.Value, 'persistent_keepalive', _('Keepalive'),
		_('Seconds; %d is usual where this router is behind another one (NAT).')
			.format(remoteSide.NAT_KEEPALIVE));

	keepalive.placeholder = _('off');
}

function addRemoteSide(peers, section) {
	const option = peers.option(form.DummyValue, '_remote', _('For the other side'));

	option.modalonly = true;
	option.cfgvalue = function(name) {
		return toolbar.remoteButton(section, this.section, name);
	};
	option.write = () => {};
}

function addState(peers, section) {
	const option = peers.option(form.DummyValue, '_state', _('State'));

	option.modalonly = false;
	option.textvalue = name => liveCells.cell(section.section,
		uci.get('network', name, 'public_key'));
}

function addTab(section) {
	/* The tab is there already if the form is drawn again. */
	if (!section.tabs?.peers)
		section.tab('peers', _('Peers'));
}

return baseclass.extend({
	/* Adds the tab to the interface's form; returns the grid's section. */
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
		peers.renderSectionPlaceholder = () => E('em', _('There are no peers yet.'));
		peers.renderMoreOptionsModal = function(name, ...rest) {
			/* Of a new one only: what is there is left as it is. */
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
		addKeys(peers);
		addAllowedIps(peers, type);
		addRoute(peers);
		addEndpoint(peers);
		addState(peers, section);
		addRemoteSide(peers, section);

		return peers;
	}
});
