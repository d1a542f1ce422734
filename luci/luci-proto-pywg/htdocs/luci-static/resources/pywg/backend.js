'use strict';
'require baseclass';
'require pywg.config.keys as keys';
'require rpc';

/* Calls to the router: the ubus object of a daemon, and the key store of rpcd. */

const STORED = 'kept:';
const BASE64_TAIL = '=';

const dump = rpc.declare({
	object: 'network.interface',
	method: 'dump',
	expect: { interface: [] }
});

function daemon(method, ...params) {
	return (name, ...values) => rpc.declare({
		object: `pywg.${name}`, method, params, reject: true
	})(...values);
}

/* The errors of the key store. */
const ERRORS = {
	invalid_key: _('This is not a valid key.'),
	not_found: _('The key is not stored on this router.'),
	not_generated: _('The key could not be generated. Check whether the package ' +
		'pywg-embedded is installed completely.'),
	not_stored: _('The key could not be stored on this router. Check its free space ' +
		'(System > Software).')
};

function reasonOf({ error, detail }) {
	const reason = ERRORS[error] ?? error;

	return detail ? `${reason} (${detail})` : reason;
}

function keyStore(method, ...params) {
	const call = rpc.declare({ object: 'luci.pywg', method, params, reject: true });

	return (...values) => call(...values).then(answer => {
		if (answer.error)
			throw new Error(reasonOf(answer));

		return answer;
	});
}

const publicKey = keyStore('public_key', 'key');
const reveal = keyStore('reveal', 'secret');

return baseclass.extend({
	/* Return a promise of the interfaces with protocol pywg, as dumped by netifd. */
	interfaces() {
		return dump().then(interfaces =>
			interfaces.filter(iface => iface.proto === 'pywg'));
	},

	/* Calls of the daemon of an interface, by name; rejected if it is not running. */
	status: daemon('status'),
	history: daemon('history'),
	/* These take the public key of the peer as well. */
	resolve: daemon('resolve', 'peer'),
	rekey: daemon('rekey', 'peer'),

	/* Generate or store a private key: { public_key, secret }, where secret is the
	   value of the option in the configuration. */
	generateKey: keyStore('generate_key'),
	storeKey: keyStore('keep_key', 'key'),
	/* Generate a key pair that is not stored: { private_key, public_key }. */
	generatePair: keyStore('generate_pair'),
	/* Generate or store a preshared key: { secret }. */
	generatePsk: keyStore('generate_psk'),
	storePsk: keyStore('keep_psk', 'key'),
	/* Remove the stored keys that no configuration names any more. */
	removeUnused: keyStore('remove_unused'),

	/* Return a promise of the key for the value of an option: the name of a stored key
	   ('kept:...') or a key. */
	reveal(secret) {
		if (!this.isStored(secret))
			return Promise.resolve(secret);

		return reveal(secret).then(answer => answer.key);
	},

	/* Return whether a value is the name of a stored key. */
	isStored(secret) {
		return (secret ?? '').startsWith(STORED);
	},

	/* Return a promise of the public key for the value of a private_key option. */
	publicKey(secret) {
		const known = this.publicKeyOfName(secret);

		return known ? Promise.resolve(known)
			: publicKey(secret).then(answer => answer.public_key);
	},

	/* Return the public key that the name of a stored key encodes, or '' for a name
	   that was chosen by hand. */
	publicKeyOfName(secret) {
		const name = this.isStored(secret) ? secret.slice(STORED.length) : '';
		const key = name.replace(/-/g, '+').replace(/_/g, '/') + BASE64_TAIL;

		return keys.isKey(key) ? key : '';
	}
});
