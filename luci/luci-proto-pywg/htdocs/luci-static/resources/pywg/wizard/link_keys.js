'use strict';
'require baseclass';
'require pywg.backend as backend';
'require pywg.config.form_state as formState';

/* The keys of a link: our secrets stay on the router, theirs are shown once. */

/* Of what another router keeps, there is but the name here. */
async function publicKeyOf(secret) {
	if (!secret || backend.isKept(secret))
		return backend.namedKey(secret);

	return backend.publicKey(secret);
}

return baseclass.extend({
	/* For link.plan, with the names of ours in their place. */
	async make() {
		const ours = await backend.generateKey();
		const theirs = await backend.generatePair();
		const shared = await backend.generatePsk();

		return {
			here: { private: ours.secret, public: ours.public_key },
			other: { private: theirs.private_key, public: theirs.public_key },
			preshared: shared.secret
		};
	},

	/* For link.mirror: ours, to answer the tunnel that the other side has. */
	async answering(tunnel) {
		const ours = await backend.generateKey();

		return {
			here: { private: ours.secret, public: ours.public_key },
			other: { public: await publicKeyOf(tunnel.options.private_key) }
		};
	},

	/* The other side's half, with the secret that both share written out. */
	async shared(other, keys) {
		const preshared_key = await backend.reveal(keys.preshared);
		const peers = other.tunnel.peers.map(peer =>
			({ ...peer, options: { ...peer.options, preshared_key } }));

		return { ...other, tunnel: { ...other.tunnel, peers } };
	},

	/* Our half: its keys kept. */
	kept: tunnel => formState.kept(tunnel)
});
