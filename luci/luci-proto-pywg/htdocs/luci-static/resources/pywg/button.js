'use strict';
'require baseclass';
'require ui';

return baseclass.extend({
	/* Words and what to do; while that goes on, it cannot be pressed again. */
	make(words, act, isMain) {
		return E('button', {
			'class': `btn cbi-button ${isMain ? 'cbi-button-positive important' : ''}`,
			'type': 'button', 'click': ui.createHandlerFn(null, act)
		}, words);
	}
});
