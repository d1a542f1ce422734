'use strict';
'require baseclass';
'require pywg.clipboard as clipboard';
'require pywg.config.import_export as importExport';
'require pywg.dialog as dialog';
'require uqr';

/* A configuration as text, file and QR code: what is on the screen is what goes out. */

/* What a QR code of the largest size holds. */
const LARGEST_CODE = 2900;
/* The margin that readers of QR codes ask for, in modules. */
const QUIET = 4;

const FORMATS = [
	[ 'conf', _('wg .conf') ], [ 'uci', _('OpenWrt UCI') ], [ 'qr', _('QR code') ]
];

function download(name, words) {
	const url = URL.createObjectURL(new Blob([ words ], { type: 'text/plain' }));

	E('a', { 'href': url, 'download': name }).click();
	URL.revokeObjectURL(url);
}

function code(words) {
	if (words.length > LARGEST_CODE)
		return E('p', { 'class': 'pywg-warning' },
			_('This is too much for a QR code: take the file.'));

	const node = E('div', { 'class': 'pywg-qr', 'role': 'img',
		'aria-label': _('QR code') });

	node.innerHTML = uqr.renderSVG(words, { border: QUIET });

	/* Without a view box it would be cut where the style sheet makes it smaller. */
	const { width, height } = node.firstChild;

	node.firstChild.setAttribute('viewBox',
		`0 0 ${width.baseVal.value} ${height.baseVal.value}`);

	return node;
}

class Sheet {
	constructor(tunnel, firewall, called, format) {
		this.tunnel = tunnel;
		this.firewall = firewall;
		this.called = called;
		this.body = E('div');
		this.tabs = E('div', { 'class': 'pywg-buttons', 'role': 'group' },
			FORMATS.map(([ format, words ]) => E('button', {
				'class': 'btn cbi-button', 'type': 'button', 'data-format': format,
				'click': () => this.show(format)
			}, words)));
		this.node = E('div', { 'class': 'pywg-export' }, [ this.tabs, this.body ]);
		this.show(format);
	}

	show(format) {
		const words = importExport.write(this.tunnel, format, this.firewall);

		for (const tab of this.tabs.children)
			tab.setAttribute('aria-pressed', tab.dataset.format === format);

		L.dom.content(this.body,
			format === 'qr' ? code(words) : this.page(words, format));
	}

	page(words, format) {
		const text = E('pre', { 'class': 'pywg-export-text', 'tabindex': '0' }, words);
		const name = importExport.fileName(this.called, format);

		return [ text, E('div', { 'class': 'pywg-buttons' }, [
			clipboard.button(text),
			E('button', {
				'class': 'btn cbi-button', 'type': 'button',
				'click': () => download(name, words)
			}, _('Save as %s').format(name))
		]) ];
	}
}

return baseclass.extend({
	/* A node that shows a tunnel, and firewall sections, in all formats, one first. */
	sheet(tunnel, firewall, called, format) {
		return new Sheet(tunnel, firewall, called, format ?? 'conf').node;
	},

	/* The same in a dialog. */
	open(title, tunnel, called) {
		return dialog.open(title, [ this.sheet(tunnel, [], called) ], []);
	}
});
