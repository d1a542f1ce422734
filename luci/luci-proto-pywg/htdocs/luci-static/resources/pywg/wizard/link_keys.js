'use strict';
'require baseclass';
'require pywg.backend as backend';

/* The keys of a link: our secrets stay on the router, theirs are shown once. */

/* Of what another router keeps, there is but the name here. */
async function publicKeyOf(secret) {
	if (!secret || backend.isStored(secret))
		return backend.publicKeyOfName(secret);

	return backend.publicKey(secret);
}

return baseclass.extend({
	/* For link.plan, with the names of ours in their place. */
	async generate() {
		const local = await backend.generateKey();
		const remote = await backend.generatePair();
		const preshared = await backend.generatePsk();

		return {
			local: { private: local.secret, public: local.public_key },
			remote: { private: remote.private_key, public: remote.public_key },
			preshared: preshared.secret
		};
	},

	/* For link.mirror: ours, to answer the tunnel that the other side has. */
	async generateLocal(tunnel) {
		const local = await backend.generateKey();

		return {
			local: { private: local.secret, public: local.public_key },
			remote: { public: await publicKeyOf(tunnel.options.private_key) }
		};
	},

	/* The other side's half, with the secret that both share written out. */
	async withPresharedKey(remote, keys) {
		const preshared_key = await backend.reveal(keys.preshared);
		const peers = remote.tunnel.peers.map(peer =>
			({ ...peer, options: { ...peer.options, preshared_key } }));

		return { ...remote, tunnel: { ...remote.tunnel, peers } };
	}
});
