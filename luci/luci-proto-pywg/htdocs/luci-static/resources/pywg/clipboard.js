'use strict';
'require baseclass';

/* Text to take along. */

const SHOWN = 1500;

function select(node) {
	const range = document.createRange();

	range.selectNodeContents(node);
	getSelection().removeAllRanges();
	getSelection().addRange(range);
}

/* A page that came over plain http may not use navigator.clipboard. */
function copy(node) {
	select(node);
	document.execCommand('copy');
	getSelection().removeAllRanges();
}

return baseclass.extend({
	/* A button that copies what a node shows when it is pressed. */
	button(source) {
		const button = E('button', {
			'class': 'btn cbi-button', 'type': 'button',
			'click': event => {
				event.preventDefault();
				copy(source);
				button.textContent = _('Copied');
				setTimeout(() => {
					button.textContent = _('Copy');
				}, SHOWN);
			}
		}, _('Copy'));

		return button;
	},

	/* A short text, with a button beside it. */
	code(text) {
		const code = E('code', text);

		return E('span', { 'class': 'pywg-code' }, [ code, ' ', this.button(code) ]);
	}
});
