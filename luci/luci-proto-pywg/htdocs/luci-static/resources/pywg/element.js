'use strict';
'require baseclass';
'require ui';

/*
 * The only place where nodes are made. LuCI parses a string as HTML where nodes are
 * expected: an only child in E() and dom.content(), a title, a description. Names,
 * comments and error messages come from foreign files and devices, so that here a text
 * always becomes a text node.
 */

const SVG = 'http://www.w3.org/2000/svg';
const TAG = /^[a-z][a-z0-9]*$/;
/* Attributes whose text is a script or a document. */
const ACTIVE = /^(on.*|srcdoc)$/i;
const LINKS = [ 'href', 'src', 'action', 'formaction' ];
const SCHEMES = [ 'http:', 'https:', 'blob:' ];
const ENTITIES = {
	'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\'': '&#39;'
};

function asArray(children) {
	return [ children ].flat(Infinity)
		.filter(child => child !== null && child !== undefined && child !== '');
}

function safeHref(url) {
	try {
		return SCHEMES.includes(new URL(url, document.baseURI).protocol) ? url : null;
	}
	catch {
		return null;
	}
}

function checked([ name, value ]) {
	if (ACTIVE.test(name))
		throw new TypeError(`attribute ${name} is not permitted`);

	return [ name, LINKS.includes(name) ? safeHref(value) : value ];
}

function isAttributes(value) {
	return value !== null && typeof value === 'object' && !Array.isArray(value) &&
		!L.dom.elem(value);
}

function create(tag, ...rest) {
	const attributes = isAttributes(rest[0]) ? rest.shift() : {};

	if (!TAG.test(tag))
		throw new TypeError(`${tag} is not the name of an element`);

	return E(tag, Object.fromEntries(Object.entries(attributes).map(checked)),
		asArray(rest));
}

function shape(name, attributes) {
	const node = document.createElementNS(SVG, name);

	Object.entries(attributes).map(checked).forEach(([ key, value ]) =>
		node.setAttribute(key, value));

	return node;
}

function escape(text) {
	return String(text).replace(/[&<>"']/g, character => ENTITIES[character]);
}

return baseclass.extend({
	/*
	 * Create an element from its tag, optional attributes as in LuCI's E(), and its
	 * children: nodes, texts, and arrays of both. An empty text is omitted.
	 */
	create,
	/* Create an SVG element from its name and its attributes. */
	shape,
	/* Replace the children of a node. */
	setChildren(node, ...children) {
		L.dom.content(node, asArray(children));
	},
	/* Return a text as HTML: for titles, descriptions and labels of LuCI's forms. */
	escape,
	/* Return a URL if its scheme is http, https or blob, else null. */
	safeHref,
	/* Return a function for the textvalue of an option: LuCI parses a string that it
	   returns as HTML. Takes a function that returns a node or a text. */
	cell: render => section => create('div', render(section)),
	/* Show an error above the page. */
	notify(error) {
		ui.addNotification(null, create('p', error.message), 'error');
	}
});
