'use strict';
'require baseclass';
'require pywg.element as element';
'require ui';

/* Buttons, texts, labelled fields, and the style sheet of all pages. */

const { create, notify, setChildren } = element;

const STYLE_ID = 'pywg-style';

let count = 0;

function button(label, act, isMain, failed) {
	return create('button', {
		'class': `btn cbi-button ${isMain ? 'cbi-button-positive important' : ''}`,
		'type': 'button',
		'click': ui.createHandlerFn(null,
			() => Promise.resolve().then(act).catch(failed ?? notify))
	}, label);
}

function setText(node, text) {
	/* An unchanged node is not touched: that would discard the user's selection. */
	if (node.textContent !== text)
		node.textContent = text;

	if (node.hidden === Boolean(text))
		node.hidden = !text;
}

function loadStyle() {
	if (!document.getElementById(STYLE_ID))
		document.head.appendChild(create('link', {
			'id': STYLE_ID, 'rel': 'stylesheet', 'href': L.resource('pywg/pywg.css')
		}));
}

function labelled(label, input, description) {
	input.id = `pywg-field-${count++}`;

	const problems = create('div', {
		'id': `${input.id}-problems`, 'aria-live': 'polite'
	});

	input.setAttribute('aria-describedby', problems.id);

	return {
		input,
		node: create('div', { 'class': 'cbi-value' }, [
			create('label', { 'class': 'cbi-value-title', 'for': input.id }, label),
			create('div', { 'class': 'cbi-value-field' }, [
				input,
				description ? create('div', {
					'class': 'cbi-value-description'
				}, description) : '',
				problems
			])
		]),
		value: () => input.value.trim(),
		/* Show nodes below the field, and mark it as invalid. */
		complain(nodes, isInvalid) {
			input.setAttribute('aria-invalid', isInvalid);
			setChildren(problems, nodes);
		}
	};
}

function textField(label, value, changed, description, placeholder) {
	const input = create('input', {
		'type': 'text', 'class': 'cbi-input-text', 'value': value ?? '',
		'placeholder': placeholder ?? null, 'autocomplete': 'off',
		'spellcheck': 'false', 'input': () => changed()
	});

	return labelled(label, input, description);
}

return baseclass.extend({
	/* Return a button with a label; it is disabled until the promise of act is settled.
	   isMain emphasizes it. failed takes the error of act; by default it is shown above
	   the page. */
	button,
	/* Set the text of a node; an empty text hides it. */
	setText,
	/* Add the style sheet to the page. */
	loadStyle,

	/* Return a text field as { node, input, value(), complain(nodes, isInvalid) }.
	   Takes the label, the value, a function that is called on each change, and
	   optionally a description and a placeholder. */
	textField,

	/* Return a text field whose value is an array; spaces or commas separate the
	   elements. */
	listField(label, values, changed, description, placeholder) {
		const text = (values ?? []).join(', ');
		const field = textField(label, text, changed, description, placeholder);

		return {
			...field,
			value: () => field.input.value.split(/[\s,]+/).filter(element => element)
		};
	},

	/* Return a selection from [[ value, text ]] as such a field. */
	choiceField(label, choices, changed, description) {
		const input = create('select', {
			'class': 'cbi-input-select', 'change': () => changed()
		}, choices.map(([ value, text ]) => create('option', { value }, text)));

		return labelled(label, input, description);
	}
});
