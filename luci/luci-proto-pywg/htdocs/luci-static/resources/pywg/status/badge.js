'use strict';
'require baseclass';
'require pywg.status.diagnosis as diagnosis';
'require pywg.widgets as widgets';

/* A peer's state: a dot in a colour, and always a word beside it. */

const ABSENT = { tone: 'off', title: _('Not running') };

return baseclass.extend({
	make() {
		return E('span', { 'class': 'pywg-state', 'data-tone': 'off' }, ABSENT.title);
	},

	/* Shows the state of a peer (null: it is not there) in a badge. */
	set(badge, peer) {
		const words = peer ? diagnosis.peer(peer) : ABSENT;

		badge.dataset.tone = words.tone;
		widgets.setText(badge, words.title);
	},

	/* Shows when the last handshake was, in words and colour. */
	setAge(node, seconds) {
		const age = diagnosis.age(seconds);

		node.dataset.tone = age.tone;
		widgets.setText(node, age.words);
	}
});
