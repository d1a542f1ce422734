'use strict';
'require baseclass';
'require ui';

/* Buttons, texts and labelled fields, and the one style sheet of all pages, which has
   the theme's own colours. */

const STYLE_ID = 'pywg-style';

let count = 0;

/* Words and what to do; while that goes on, it cannot be pressed again. */
function button(words, act, isMain) {
	return E('button', {
		'class': `btn cbi-button ${isMain ? 'cbi-button-positive important' : ''}`,
		'type': 'button', 'click': ui.createHandlerFn(null, act)
	}, words);
}

/* A node that shows a text, or is not there if that is empty; touched only if
   anything changes, so that nobody's selection is lost. */
function setText(node, text) {
	if (node.textContent !== text)
		node.textContent = text;

	if (node.hidden === Boolean(text))
		node.hidden = !text;
}

function loadStyle() {
	if (!document.getElementById(STYLE_ID))
		document.head.appendChild(E('link', {
			'id': STYLE_ID, 'rel': 'stylesheet', 'href': L.resource('pywg/pywg.css')
		}));
}

function labelled(words, input, note) {
	input.id = `pywg-field-${count++}`;

	const problems = E('div', { 'id': `${input.id}-problems`, 'aria-live': 'polite' });

	input.setAttribute('aria-describedby', problems.id);

	return {
		input,
		node: E('div', { 'class': 'cbi-value' }, [
			E('label', { 'class': 'cbi-value-title', 'for': input.id }, words),
			E('div', { 'class': 'cbi-value-field' }, [
				input, note ? E('div', { 'class': 'cbi-value-description' }, note) : '',
				problems
			])
		]),
		value: () => input.value.trim(),
		/* Says below the field what there is to say of it, or is wrong; nodes. */
		complain(nodes, isWrong) {
			input.setAttribute('aria-invalid', isWrong);
			L.dom.content(problems, nodes);
		}
	};
}

function textField(words, value, changed, note, placeholder) {
	const input = E('input', {
		'type': 'text', 'class': 'cbi-input-text', 'value': value ?? '',
		'placeholder': placeholder ?? null, 'autocomplete': 'off',
		'spellcheck': 'false', 'input': () => changed()
	});

	return labelled(words, input, note);
}

return baseclass.extend({
	button,
	setText,
	loadStyle,

	/* Words, value, what to call on a change, what to say below -> { node, input,
	   value(), complain(nodes, isWrong) }. */
	textField,

	/* The same for texts with spaces or commas between. */
	listField(words, values, changed, note, placeholder) {
		const shown = (values ?? []).join(', ');
		const field = textField(words, shown, changed, note, placeholder);

		return {
			...field,
			value: () => field.input.value.split(/[\s,]+/).filter(one => one)
		};
	},

	/* [[ value, words ]] -> the same. */
	choiceField(words, choices, changed, note) {
		const input = E('select', {
			'class': 'cbi-input-select', 'change': () => changed()
		}, choices.map(([ value, shown ]) => E('option', { value }, shown)));

		return labelled(words, input, note);
	}
});
