'use strict';
'require baseclass';
'require pywg.clipboard as clipboard';
'require pywg.config.import_export as importExport';
'require pywg.dialog as dialog';
'require pywg.element as element';
'require uqr';

/* A configuration as text, file and QR code, with the unsaved values of the forms. */

const { create, setChildren, shape } = element;

/* The capacity of the largest QR code, in bytes. */
const QR_CAPACITY = 2900;
/* The quiet zone around a QR code (ISO/IEC 18004), in modules. */
const QUIET_ZONE = 4;

const FORMATS = [
	[ 'conf', _('WireGuard .conf') ],
	[ 'uci', _('OpenWrt UCI') ],
	[ 'qr', _('QR code') ]
];

function download(name, text) {
	const url = URL.createObjectURL(new Blob([ text ], { type: 'text/plain' }));

	create('a', { 'href': url, 'download': name }).click();
	URL.revokeObjectURL(url);
}

/* The module uqr returns the text of an image: only its size and its path are used. */
function picture(text) {
	const source = new DOMParser().parseFromString(text, 'image/svg+xml');
	const size = source.documentElement.getAttribute('width');
	const path = source.querySelector('path').getAttribute('d');
	/* Without a view box, the style sheet would crop the image instead of scaling it.
	   */
	const svg = shape('svg', { viewBox: `0 0 ${size} ${size}` });

	svg.append(shape('rect', { fill: 'white', width: size, height: size }),
		shape('path', { fill: 'black', d: path }));

	return svg;
}

function qrCode(text) {
	if (text.length > QR_CAPACITY)
		return create('p', { 'class': 'pywg-warning' },
			_('The configuration is too large for a QR code. Use the file instead.'));

	const node = create('div', { 'class': 'pywg-qr', 'role': 'img',
		'aria-label': _('QR code') });

	node.append(picture(uqr.renderSVG(text, { border: QUIET_ZONE })));

	return node;
}

class ExportView {
	constructor(tunnel, firewall, title, format) {
		this.tunnel = tunnel;
		this.firewall = firewall;
		this.title = title;
		this.body = create('div');
		this.tabs = create('div', { 'class': 'pywg-buttons', 'role': 'group' },
			FORMATS.map(([ format, label ]) => create('button', {
				'class': 'btn cbi-button', 'type': 'button', 'data-format': format,
				'click': () => this.show(format)
			}, label)));
		this.node = create('div', { 'class': 'pywg-export' }, [ this.tabs, this.body ]);
		this.show(format);
	}

	show(format) {
		const text = importExport.write(this.tunnel, format, this.firewall);

		for (const tab of this.tabs.children)
			tab.setAttribute('aria-pressed', tab.dataset.format === format);

		setChildren(this.body,
			format === 'qr' ? qrCode(text) : this.textNodes(text, format));
	}

	textNodes(text, format) {
		const node = create('pre', {
			'class': 'pywg-export-text', 'tabindex': '0'
		}, text);
		const name = importExport.fileName(this.title, format);

		return [ node, create('div', { 'class': 'pywg-buttons' }, [
			clipboard.button(node),
			create('button', {
				'class': 'btn cbi-button', 'type': 'button',
				'click': () => download(name, text)
			}, _('Save as %s').format(name))
		]) ];
	}
}

return baseclass.extend({
	/* Return a node that shows a tunnel and firewall sections in each format; the first
	   one is 'conf' by default. The name of the file is derived from the title. */
	view(tunnel, firewall, title, format) {
		return new ExportView(tunnel, firewall, title, format ?? 'conf').node;
	},

	/* Show a tunnel in a dialog, and return the node of the dialog. */
	open(heading, tunnel, title) {
		return dialog.open(heading, [ this.view(tunnel, [], title) ], []);
	}
});
