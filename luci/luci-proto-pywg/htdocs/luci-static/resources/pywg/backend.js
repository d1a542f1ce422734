'use strict';
'require baseclass';
'require pywg.config.keys as keys';
'require rpc';

/* What the router is asked: the daemon of an interface, and the keeper of keys. */

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

function keyStore(method, ...params) {
	const call = rpc.declare({ object: 'luci.pywg', method, params, reject: true });

	return (...values) => call(...values).then(answer => {
		if (answer.error)
			throw new Error(answer.error);

		return answer;
	});
}

const publicKey = keyStore('public_key', 'key');
const reveal = keyStore('reveal', 'secret');

return baseclass.extend({
	/* Interfaces of this protocol, as netifd has them. */
	interfaces() {
		return dump().then(all => all.filter(one => one.proto === 'pywg'));
	},

	/* Each takes the interface's name; rejected if its daemon does not run. */
	status: daemon('status'),
	history: daemon('history'),
	/* And the peer's public key. */
	resolve: daemon('resolve', 'peer'),
	rekey: daemon('rekey', 'peer'),

	/* { public_key, secret }: secret is what the configuration has in its place. */
	generateKey: keyStore('generate_key'),
	storeKey: keyStore('keep_key', 'key'),
	/* { private_key, public_key }, of which nothing stays. */
	generatePair: keyStore('generate_pair'),
	/* { secret } */
	generatePsk: keyStore('generate_psk'),
	storePsk: keyStore('keep_psk', 'key'),

	/* 'kept:...' or a key itself -> the key. */
	reveal(secret) {
		if (!this.isStored(secret))
			return Promise.resolve(secret);

		return reveal(secret).then(answer => answer.key);
	},

	isStored(secret) {
		return (secret ?? '').startsWith(STORED);
	},

	/* A private key, kept or written out -> its public key. */
	publicKey(secret) {
		const named = this.publicKeyOfName(secret);

		return named ? Promise.resolve(named)
			: publicKey(secret).then(answer => answer.public_key);
	},

	/* 'kept:...' -> the public key that its name is, or '' if it has another name. */
	publicKeyOfName(secret) {
		const name = this.isStored(secret) ? secret.slice(STORED.length) : '';
		const key = name.replace(/-/g, '+').replace(/_/g, '/') + BASE64_TAIL;

		return keys.isKey(key) ? key : '';
	}
});
