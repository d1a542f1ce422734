'use strict';
'require baseclass';
'require pywg.element as element';
'require pywg.status.diagnosis as diagnosis';
'require pywg.widgets as widgets';

/* The state of a peer: a coloured dot, and always a text beside it. */

const { create } = element;

const ABSENT = { tone: 'off', title: _('Not running') };

return baseclass.extend({
	/* Return a new badge. */
	make() {
		return create('span', {
			'class': 'pywg-state', 'data-tone': 'off'
		}, ABSENT.title);
	},

	/* Show the state of a peer in a badge; null stands for an absent peer. */
	set(badge, peer) {
		const { tone, title } = peer ? diagnosis.peer(peer) : ABSENT;

		badge.dataset.tone = tone;
		widgets.setText(badge, title);
	},

	/* Show the age of the last handshake, in seconds or null, as text and colour. */
	setAge(node, seconds) {
		const age = diagnosis.age(seconds);

		node.dataset.tone = age.tone;
		widgets.setText(node, age.text);
	}
});
