'use strict';
'require baseclass';
'require pywg.config.keys as keys';
'require rpc';

/* What the router is asked: the daemon of an interface, and the keeper of keys. */

const KEPT = 'kept:';
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

function keeper(method, ...params) {
	const call = rpc.declare({ object: 'luci.pywg', method, params, reject: true });

	return (...values) => call(...values).then(answer => {
		if (answer.error)
			throw new Error(answer.error);

		return answer;
	});
}

const publicKey = keeper('public_key', 'key');
const reveal = keeper('reveal', 'secret');

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
	generateKey: keeper('generate_key'),
	keepKey: keeper('keep_key', 'key'),
	/* { private_key, public_key }, of which nothing stays. */
	generatePair: keeper('generate_pair'),
	/* { secret } */
	generatePsk: keeper('generate_psk'),
	keepPsk: keeper('keep_psk', 'key'),

	/* 'kept:...' or a key itself -> the key. */
	reveal(secret) {
		if (!this.isKept(secret))
			return Promise.resolve(secret);

		return reveal(secret).then(answer => answer.key);
	},

	isKept(secret) {
		return (secret ?? '').startsWith(KEPT);
	},

	/* A private key, kept or written out -> its public key. */
	publicKey(secret) {
		const named = this.namedKey(secret);

		return named ? Promise.resolve(named)
			: publicKey(secret).then(answer => answer.public_key);
	},

	/* 'kept:...' -> the public key that its name is, or '' if it has another name. */
	namedKey(secret) {
		const name = this.isKept(secret) ? secret.slice(KEPT.length) : '';
		const key = name.replace(/-/g, '+').replace(/_/g, '/') + BASE64_TAIL;

		return keys.isKey(key) ? key : '';
	}
});
