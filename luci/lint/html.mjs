/*
 * Rules against texts that LuCI or the browser parses as HTML.
 *
 * Nodes are made by the module pywg.element alone. Where LuCI's forms take HTML (titles,
 * descriptions, labels), a text is a constant, as in _('text'), or escaped by
 * element.escape(). A text for the cell of a table goes through element.cell().
 */

const HELPER = /pywg\/element\.js$/;
/* Objects with functions that parse a text, or that take nodes for which LuCI accepts
   HTML as well. */
const PARSERS = {
	L: [ 'dom', 'ui', 'showModal', 'itemlist' ],
	dom: true,
	document: [ 'write', 'writeln' ],
	ui: [
		'showModal', 'addNotification', 'addTimeLimitedNotification', 'itemlist', 'Table'
	]
};
const PROPERTIES = [ 'innerHTML', 'outerHTML', 'srcdoc' ];
const METHODS = [
	'insertAdjacentHTML', 'createContextualFragment', 'setHTMLUnsafe', 'setHTML',
	'parseHTMLUnsafe'
];
const GLOBALS = [ 'E', 'cbi_update_table', 'eval' ];
const LINKS = [ 'href', 'src', 'action', 'formaction' ];
/* Function of a form: the index of its first argument that is parsed as HTML. */
const FORM_CALLS = { option: 2, taboption: 3, section: 2, tab: 1, value: 1 };
const FORM_CLASSES = { Map: 1, JSONMap: 1 };
const FORM_PROPERTIES = [
	'title', 'description', 'modaltitle', 'addbtntitle', 'sectiontitle', 'tooltip'
];

function nameOf(node) {
	if (node.type === 'MemberExpression')
		return node.computed ? node.property.value : node.property.name;

	return node.type === 'Identifier' ? node.name : undefined;
}

function isHelper(node, name) {
	return node.type === 'CallExpression' &&
		node.callee.type === 'MemberExpression' &&
		node.callee.object.name === 'element' && nameOf(node.callee) === name;
}

/* Whether an expression is a constant text, a translated one, or an escaped one. */
function isHtml(node) {
	switch (node?.type) {
	case undefined:
		return true;
	case 'Literal':
		return node.value === null || typeof node.value !== 'string' ||
			!/[<&]/.test(node.value);
	case 'BinaryExpression':
		return node.operator === '+' && isHtml(node.left) && isHtml(node.right);
	case 'ConditionalExpression':
		return isHtml(node.consequent) && isHtml(node.alternate);
	case 'CallExpression':
		return isHelper(node, 'escape') || ([ '_', 'N_' ].includes(node.callee.name) &&
			node.arguments.every(isHtml));
	}

	return false;
}

/* Whether a URL is a constant, or made or checked by a function for that. */
function isLink(node) {
	if (node.type === 'Literal')
		return /^(https?:|\/|#)/.test(node.value);

	return isHelper(node, 'safeHref') || (node.type === 'CallExpression' &&
		node.callee.object?.name === 'L' &&
		[ 'url', 'resource' ].includes(nameOf(node.callee)));
}

const nodes = {
	meta: { type: 'problem', schema: [], messages: {
		parsed: '{{name}} parses a text as HTML; use pywg.element',
		link: 'set a link through element.create() or element.safeHref()',
		parser: 'only an image/svg+xml document may be parsed'
	} },
	create(context) {
		if (HELPER.test(context.filename))
			return {};

		const report = (node, messageId, name) =>
			context.report({ node, messageId, data: { name } });

		return {
			Identifier(node) {
				const isMember = node.parent.type === 'MemberExpression' &&
					node.parent.property === node && !node.parent.computed;

				if (GLOBALS.includes(node.name) && !isMember)
					report(node, 'parsed', node.name);
			},
			MemberExpression(node) {
				const names = PARSERS[node.object.name];
				const name = nameOf(node);

				if (names === true || names?.includes(name) ||
					PROPERTIES.includes(name) || METHODS.includes(name))
					report(node, 'parsed', name);
			},
			ObjectPattern(node) {
				const { init } = node.parent;

				if (init?.type === 'Identifier' && init.name in PARSERS)
					report(node, 'parsed', init.name);
			},
			AssignmentExpression({ left, right }) {
				const name = nameOf(left);

				if (LINKS.includes(name) && !isLink(right))
					report(left, 'link');
			},
			CallExpression(node) {
				const name = nameOf(node.callee);
				const [ first, second ] = node.arguments;

				if (name === 'parseFromString' && second?.value !== 'image/svg+xml')
					report(node, 'parser');

				if (name === 'setAttribute' && (first?.type === 'Literal'
					? LINKS.includes(first.value) || /^on|^srcdoc$/i.test(first.value)
					: true))
					report(node, 'link');
			}
		};
	}
};

const forms = {
	meta: { type: 'problem', schema: [], messages: {
		html: 'LuCI parses this text as HTML; use _(\'…\') or element.escape()',
		cell: 'use element.cell()',
		raw: 'rawhtml must not be used'
	} },
	create(context) {
		if (!/^'require form';$/m.test(context.sourceCode.text))
			return {};

		const check = (args, from) => args.slice(from).filter(node => !isHtml(node))
			.forEach(node => context.report({ node, messageId: 'html' }));

		return {
			CallExpression(node) {
				const from = node.callee.type === 'MemberExpression'
					? FORM_CALLS[nameOf(node.callee)] : undefined;
				/* The class and the type of the section precede its title. */
				const offset = node.arguments.some(argument =>
					nameOf(argument) === 'SectionValue') ? 2 : 0;

				if (from !== undefined)
					check(node.arguments, from + offset);
			},
			NewExpression(node) {
				const from = FORM_CLASSES[nameOf(node.callee)];

				if (from !== undefined)
					check(node.arguments, from);
			},
			AssignmentExpression(node) {
				const name = nameOf(node.left);

				if (name === 'rawhtml')
					context.report({ node, messageId: 'raw' });

				if (name === 'textvalue' && !isHelper(node.right, 'cell'))
					context.report({ node, messageId: 'cell' });

				if (FORM_PROPERTIES.includes(name))
					check([ node.right ], 0);
			}
		};
	}
};

export default { rules: { nodes, forms } };
