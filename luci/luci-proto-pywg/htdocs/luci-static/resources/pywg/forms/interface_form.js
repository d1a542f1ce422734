'use strict';
'require baseclass';
'require form';
'require network';
'require pywg.backend as backend';
'require pywg.config.address as address';
'require pywg.config.options as options';
'require pywg.forms.key_field as keyField';
'require pywg.forms.toolbar as toolbar';
'require tools.widgets as widgets';
'require uci';

/* The options of the interface itself, on LuCI's own tabs. */

const PROTOCOLS = [ 'pywg', 'wireguard' ];

function checked(option, name) {
	option.validate = (_section, text) =>
		(text ? options.reason(options.INTERFACE, name, text) : '') || true;
}

function othersWithPort(section, port) {
	return uci.sections('network', 'interface').filter(one =>
		one['.name'] !== section && PROTOCOLS.includes(one.proto) &&
		one.listen_port === port);
}

function portsInUse(section) {
	return uci.sections('network', 'interface')
		.filter(one => one['.name'] !== section && one.listen_port)
		.map(one => one.listen_port);
}

function addPort(section) {
	const option = section.taboption('general', form.Value, 'listen_port',
		_('Listen port'),
		_('UDP port that peers reach this router on, for instance %d; it is opened ' +
			'in the firewall.').format(address.nextPort(portsInUse(section.section))));

	option.placeholder = _('any');
	option.optional = true;
	option.validate = (name, text) => {
		const other = text && othersWithPort(name, text)[0];

		if (other)
			return _('%s listens on this port already').format(other['.name']);

		return (text ? options.reason(options.INTERFACE, 'listen_port', text) : '') ||
			true;
	};
}

function addAddresses(section) {
	const option = section.taboption('general', form.DynamicList, 'addresses',
		_('IP addresses'),
		_('Of this router in the tunnel, with the length of the tunnel\'s network: ' +
			'10.77.0.1/24.'));

	option.optional = true;
	checked(option, 'addresses');
}

function addMtu(section) {
	const option = section.taboption('advanced', form.Value, 'mtu', _('MTU'));

	option.placeholder = _('auto');
	option.optional = true;
	checked(option, 'mtu');
	option.load = async function(name) {
		const status = await L.resolveDefault(backend.status(name), null);

		this.description = status
			? _('Auto goes by the way to the peers; it is %d now.').format(status.mtu)
			: _('Auto goes by the way to the peers.');

		return uci.get('network', name, 'mtu');
	};
}

function addAdvanced(section) {
	const mark = section.taboption('advanced', form.Value, 'fwmark',
		_('Firewall mark'),
		_('Of the encrypted packets, for policy routing: 0xCA6C or a number.'));

	mark.placeholder = _('none');
	mark.optional = true;
	checked(mark, 'fwmark');

	const prefix = section.taboption('advanced', form.DynamicList, 'ip6prefix',
		_('IPv6 routed prefix'),
		_('Routed to this router through the tunnel; other interfaces may share it.'));

	prefix.optional = true;
	checked(prefix, 'ip6prefix');

	section.taboption('advanced', form.Flag, 'nohostroute',
		_('No host routes'),
		_('Leave alone the routes to the peers\' endpoints.'));

	const link = section.taboption('advanced', widgets.NetworkSelect, 'tunlink',
		_('Bind to interface'),
		_('Only this interface may lead to the peers\' endpoints.'));

	link.exclude = section.section;
	link.nocreate = true;
	link.optional = true;
}

function addImport(section, peers) {
	const option = section.taboption('general', form.DummyValue, '_transfer',
		_('Configuration file'));

	option.cfgvalue = name => toolbar.buttons(section, peers, name);
	option.write = () => {};
}

return baseclass.extend({
	/* The form's section, and the grid of its peers. */
	add(section, peers) {
		keyField.addInterfaceKey(section);
		addPort(section);
		addAddresses(section);
		addImport(section, peers);
		addMtu(section);
		addAdvanced(section);
	}
});
