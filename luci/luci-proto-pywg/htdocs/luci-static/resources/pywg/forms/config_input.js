'use strict';
'require baseclass';
'require pywg.element as element';
'require pywg.widgets as widgets';

/* Input of a configuration: typed, pasted, dropped, or from a file. */

const { create } = element;
const { setText } = widgets;

/* The maximum size of a file in bytes. */
const MAX_SIZE = 1024 * 1024;

return baseclass.extend({
	/* Return a node that calls changed(text, fileName) on each change. */
	make(changed) {
		const area = create('textarea', {
			'class': 'pywg-text', 'spellcheck': 'false', 'autocomplete': 'off',
			'aria-label': _('Configuration'),
			'placeholder': '[Interface]\nPrivateKey = …\n\n[Peer]\nPublicKey = …',
			'input': () => changed(area.value, '')
		});
		const failure = create('div', {
			'class': 'pywg-warning', 'role': 'alert', 'hidden': ''
		});
		const read = async file => {
			if (!file)
				return;

			setText(failure, file.size <= MAX_SIZE ? '' : _('The file is larger than ' +
				'1 MiB. Choose a .conf file, or the output of uci export.'));

			if (failure.textContent)
				return;

			area.value = await file.text();
			changed(area.value, file.name);
		};
		const chooser = create('input', {
			'type': 'file', 'accept': '.conf,.uci,.txt,text/plain',
			'aria-label': _('File'), 'change': () => read(chooser.files[0])
		});
		const over = isOver => event => {
			event.preventDefault();
			event.stopPropagation();
			event.currentTarget.classList.toggle('pywg-dragover', isOver);
		};

		return create('div', {
			'class': 'pywg-dropzone',
			'dragover': over(true), 'dragleave': over(false),
			'drop': event => {
				over(false)(event);
				read(event.dataTransfer.files[0]);
			}
		}, [ area, chooser, failure ]);
	}
});
