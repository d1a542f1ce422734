'use strict';
'require baseclass';
'require pywg.element as element';

/* Copying of text. */

const { create } = element;

/* Milliseconds that a button reads 'Copied'. */
const CONFIRMED = 1500;

function select(node) {
	const range = document.createRange();

	range.selectNodeContents(node);
	getSelection().removeAllRanges();
	getSelection().addRange(range);
}

/* navigator.clipboard is not available to pages that were loaded over plain HTTP. */
function copy(node) {
	select(node);
	document.execCommand('copy');
	getSelection().removeAllRanges();
}

return baseclass.extend({
	/* Return a button that copies the text of a node. */
	button(source) {
		const button = create('button', {
			'class': 'btn cbi-button', 'type': 'button',
			'click': event => {
				event.preventDefault();
				copy(source);
				button.textContent = _('Copied');
				setTimeout(() => {
					button.textContent = _('Copy');
				}, CONFIRMED);
			}
		}, _('Copy'));

		return button;
	},

	/* Return a node with a short text and a button that copies it. */
	code(text) {
		const code = create('code', text);

		return create('span', { 'class': 'pywg-code' },
			[ code, ' ', this.button(code) ]);
	}
});
