'use strict';
'require baseclass';
'require pywg.backend as backend';

/* The keys of a link: local secrets are stored on the router, remote ones are shown
   once and not stored. */

/* Another router's configuration may contain the name of a key that is stored there. */
async function publicKeyOf(secret) {
	if (!secret || backend.isStored(secret))
		return backend.publicKeyOfName(secret);

	return backend.publicKey(secret);
}

return baseclass.extend({
	/* Generate the keys for sitePlan.plan; local secrets are names of stored keys. */
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

	/* Generate the local keys for sitePlan.planFromRemote. */
	async generateLocal(tunnel) {
		const local = await backend.generateKey();

		return {
			local: { private: local.secret, public: local.public_key },
			remote: { public: await publicKeyOf(tunnel.options.private_key) }
		};
	},

	/* Return a promise of the remote plan with the preshared key in the place of its
	   name. */
	async withPresharedKey(remote, keys) {
		const preshared_key = await backend.reveal(keys.preshared);
		const peers = remote.tunnel.peers.map(peer =>
			({ ...peer, options: { ...peer.options, preshared_key } }));

		return { ...remote, tunnel: { ...remote.tunnel, peers } };
	}
});
