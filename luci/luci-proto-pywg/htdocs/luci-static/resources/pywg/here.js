'use strict';
'require baseclass';
'require pywg.home as home';
'require pywg.config.form_state as formState';
'require pywg.config.uci_tunnel as uciTunnel';
'require rpc';
'require uci';

/* What is known of this router: its networks, its ways out, its name. */

const dump = rpc.declare({
	object: 'network.interface', method: 'dump', expect: { interface: [] }
});
const devices = rpc.declare({ object: 'network.device', method: 'status' });

function mtusOf(found) {
	return Object.fromEntries(
		Object.entries(found).map(([ name, device ]) => [ name, device.mtu ]));
}

function names() {
	return uci.sections('ddns', 'service')
		.filter(one => one.enabled === '1' && one.lookup_host)
		.map(one => one.lookup_host);
}

async function look() {
	const [ interfaces, found ] = await Promise.all([
		dump(), devices(),
		uci.load('network'), uci.load('firewall'), uci.load('system'),
		L.resolveDefault(uci.load('ddns'), null)
	]);

	return home.describe({
		hostname: uci.sections('system', 'system')[0]?.hostname ?? '',
		interfaces,
		mtus: mtusOf(found),
		names: names(),
		tunnels: formState.tunnels(),
		firewall: uciTunnel.fromLuci(uci.sections('firewall'), 'firewall')
	});
}

return baseclass.extend({
	/* -> what link.js is told of this router. */
	look
});
