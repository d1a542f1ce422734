'use strict';
'require baseclass';

/* Plain fields with a label, for dialogs and the assistant. */

let count = 0;

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

function text(words, value, changed, note, placeholder) {
	const input = E('input', {
		'type': 'text', 'class': 'cbi-input-text', 'value': value ?? '',
		'placeholder': placeholder ?? null, 'autocomplete': 'off',
		'spellcheck': 'false', 'input': () => changed()
	});

	return labelled(words, input, note);
}

return baseclass.extend({
	/* Words, value, what to call on a change, what to say below -> { node, input,
	   value(), complain(nodes, isWrong) }. */
	text,

	/* The same for texts with spaces or commas between. */
	list(words, values, changed, note, placeholder) {
		const shown = (values ?? []).join(', ');
		const field = text(words, shown, changed, note, placeholder);

		return {
			...field,
			value: () => field.input.value.split(/[\s,]+/).filter(one => one)
		};
	},

	/* [[ value, words ]] -> the same. */
	choice(words, choices, changed, note) {
		const input = E('select', {
			'class': 'cbi-input-select', 'change': () => changed()
		}, choices.map(([ value, shown ]) => E('option', { value }, shown)));

		return labelled(words, input, note);
	}
});
