'use strict';
'require baseclass';
'require form';
'require network';
'require pywg.backend as backend';
'require pywg.config.address as address';
'require pywg.config.options as options';
'require pywg.element as element';
'require pywg.forms.key_field as keyField';
'require pywg.forms.toolbar as toolbar';
'require tools.widgets as widgets';
'require uci';

/* The options of an interface, on the tabs of LuCI's interface form. */

const PROTOCOLS = [ 'pywg', 'wireguard' ];

function checked(option, name) {
	option.validate = (_section, text) =>
		(text ? options.reason(options.INTERFACE, name, text) : '') || true;
}

function interfaceWithPort(section, port) {
	return uci.sections('network', 'interface').find(iface =>
		iface['.name'] !== section && PROTOCOLS.includes(iface.proto) &&
		iface.listen_port === port);
}

function portsInUse(section) {
	return uci.sections('network', 'interface')
		.filter(iface => iface['.name'] !== section && iface.listen_port)
		.map(iface => iface.listen_port);
}

function addPort(section) {
	const option = section.taboption('general', form.Value, 'listen_port',
		_('Listen port'),
		element.escape(_('UDP port for packets from peers, for example %d. It ' +
			'is opened in the firewall.')
			.format(address.nextPort(portsInUse(section.section)))));

	option.placeholder = _('random');
	option.optional = true;
	option.validate = (name, text) => {
		const user = text && interfaceWithPort(name, text);

		if (user)
			return _('%s already uses this port').format(user['.name']);

		return (text ? options.reason(options.INTERFACE, 'listen_port', text) : '') ||
			true;
	};
}

function addAddresses(section) {
	const option = section.taboption('general', form.DynamicList, 'addresses',
		_('IP addresses'),
		_('Addresses of this router in the tunnel, with the prefix length of the ' +
			'tunnel network, for example 10.77.0.1/24.'));

	option.optional = true;
	checked(option, 'addresses');
}

function addMtu(section) {
	const option = section.taboption('advanced', form.Value, 'mtu', _('MTU'));

	option.placeholder = _('automatic');
	option.optional = true;
	checked(option, 'mtu');
	option.load = async function(name) {
		const status = await L.resolveDefault(backend.status(name), null);

		this.description = status
			? element.escape(
				_('By default derived from the path to the peers; currently %d.')
					.format(status.mtu))
			: _('By default derived from the path to the peers.');

		return uci.get('network', name, 'mtu');
	};
}

function addAdvanced(section) {
	const mark = section.taboption('advanced', form.Value, 'fwmark',
		_('Firewall mark'),
		_('Mark of the encrypted packets for policy routing, ' +
			'hexadecimal (0xCA6C) or decimal.'));

	mark.placeholder = _('none');
	mark.optional = true;
	checked(mark, 'fwmark');

	const prefix = section.taboption('advanced', form.DynamicList, 'ip6prefix',
		_('IPv6 routed prefix'),
		_('IPv6 prefix that is routed to this router through the tunnel and can be ' +
			'assigned to other interfaces.'));

	prefix.optional = true;
	checked(prefix, 'ip6prefix');

	section.taboption('advanced', form.Flag, 'nohostroute',
		_('No host routes'),
		_('Do not create host routes to the endpoints of the peers.'));

	const link = section.taboption('advanced', widgets.NetworkSelect, 'tunlink',
		_('Bind to interface'),
		_('Reach the endpoints of the peers through this interface only.'));

	link.exclude = section.section;
	link.nocreate = true;
	link.optional = true;
}

/* The enabled peers of an interface, of either type. */
function enabledPeers(name) {
	return PROTOCOLS.flatMap(proto => uci.sections('network', `${proto}_${name}`))
		.filter(peer => peer.disabled !== '1');
}

/* Set up an option for the size of a table, at least what is configured. */
function addSize(option, name, count, describe) {
	option.placeholder = _('automatic');
	option.optional = true;
	option.validate = (section, text) => {
		const configured = count(enabledPeers(section));
		const reason = text ? options.reason(options.INTERFACE, name, text) : '';

		return reason || (text && Number(text) < configured
			? describe(configured) : true);
	};
}

function addSizes(section) {
	addSize(
		section.taboption('advanced', form.Value, 'max_peers',
			_('Size of the table of peers'),
			_('Peers beyond it are left out. By default there is room for twice the ' +
				'configured peers. A change restarts the interface.')),
		'max_peers', peers => peers.length,
		count => _('too small: %d peers are configured').format(count));
	addSize(
		section.taboption('advanced', form.Value, 'max_allowed_ips',
			_('Size of the table of allowed IPs'),
			_('Allowed IPs beyond it are left out. By default there is room for ' +
				'twice the configured allowed IPs. A change restarts the interface.')),
		'max_allowed_ips',
		peers => peers.flatMap(peer => L.toArray(peer.allowed_ips)).length,
		count => _('too small: %d allowed IPs are configured').format(count));
}

function addProcessing(section) {
	const threads = section.taboption('advanced', form.Value, 'threads', _('Threads'),
		_('With 2 threads, packets are received in a thread of its own, for routers ' +
			'with two or more cores. A change restarts the interface.'));

	threads.placeholder = '1';
	threads.optional = true;
	checked(threads, 'threads');

	const offloads = section.taboption('advanced', form.DynamicList, 'offloads',
		_('Kernel offloads'),
		_('Offloads of the kernel to use; by default all that it has. A change ' +
			'restarts the interface.'));

	options.OFFLOADS.forEach(name => offloads.value(name,
		element.escape(name === 'none' ? _('none') : name)));
	offloads.placeholder = _('all');
	offloads.optional = true;
	checked(offloads, 'offloads');
}

function addImport(section, peers) {
	const option = section.taboption('general', form.DummyValue, '_transfer',
		_('Configuration file'));

	option.cfgvalue = name => toolbar.buttons(section, peers, name);
	option.write = () => {};
}

return baseclass.extend({
	/* Add the options to the form's section; takes the grid of the peers as well. */
	add(section, peers) {
		keyField.addInterfaceKey(section);
		addPort(section);
		addAddresses(section);
		addImport(section, peers);
		addMtu(section);
		addAdvanced(section);
		addSizes(section);
		addProcessing(section);
	}
});
