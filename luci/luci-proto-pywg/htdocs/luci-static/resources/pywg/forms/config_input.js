'use strict';
'require baseclass';

/* A configuration to be typed, pasted, dropped, or taken from a file. */

const LARGEST = 1024 * 1024;

return baseclass.extend({
	/* take(text, fileName) is called with every change; returns a node. */
	make(take) {
		const area = E('textarea', {
			'class': 'pywg-text', 'spellcheck': 'false', 'autocomplete': 'off',
			'aria-label': _('Configuration'),
			'placeholder': '[Interface]\nPrivateKey = …\n\n[Peer]\nPublicKey = …',
			'input': () => take(area.value, '')
		});
		const read = async file => {
			if (!file || file.size > LARGEST)
				return;

			area.value = await file.text();
			take(area.value, file.name);
		};
		const chooser = E('input', {
			'type': 'file', 'accept': '.conf,.uci,.txt,text/plain',
			'aria-label': _('File'), 'change': () => read(chooser.files[0])
		});
		const over = isOver => event => {
			event.preventDefault();
			event.stopPropagation();
			event.currentTarget.classList.toggle('pywg-dragover', isOver);
		};

		return E('div', {
			'class': 'pywg-dropzone',
			'dragover': over(true), 'dragleave': over(false),
			'drop': event => {
				over(false)(event);
				read(event.dataTransfer.files[0]);
			}
		}, [ area, chooser ]);
	}
});
