'use strict';
'require baseclass';
'require form';
'require pywg.backend as backend';
'require pywg.clipboard as clipboard';
'require pywg.config.keys as keys';
'require pywg.element as element';
'require pywg.widgets as widgets';
'require uci';

/*
 * Form fields for secret keys. Keys are generated and stored on the router: a field
 * holds the name of the stored key, and shows the key itself only on request.
 */

const { create, notify, setChildren } = element;

/* The value is in a data attribute of the field; the field shows a description of it
   and the actions on it. */
const KeyField = form.Value.extend({
	__name__: 'CBI.PywgKey',

	cfgvalue(name) {
		return uci.get('network', name, this.option) ?? '';
	},

	formvalue(name) {
		return this.field(name)?.dataset.value ?? null;
	},

	field(name) {
		return this.map.findElement('id', this.cbid(name));
	},

	isValid() {
		return true;
	},

	getValidationError() {
		return '';
	},

	triggerValidation() {
		return true;
	},

	renderWidget(name, _index, value) {
		const node = create('div', {
			'id': this.cbid(name), 'class': 'pywg-key', 'data-value': value ?? ''
		});

		this.draw(node);

		return node;
	},

	set(node, value) {
		node.dataset.value = value;
		node.dispatchEvent(new CustomEvent('widget-change', { bubbles: true }));

		return this.draw(node);
	},

	draw(node) {
		const content = node.querySelector('.pywg-key-shown') ??
			node.appendChild(create('div', { 'class': 'pywg-key-shown' }));

		return this.describe(node.dataset.value).then(
			parts => setChildren(content, parts.concat(this.actions(node))),
			notify);
	},

	actions(node) {
		const value = node.dataset.value;
		const generate = () => this.generate()
			.then(answer => this.set(node, answer.secret));
		const actions = [
			widgets.button(
				value ? _('Generate new key') : _('Generate key'), generate)
		];

		if (value)
			actions.push(widgets.button(_('Show key'), () => this.show(node)));

		actions.push(widgets.button(_('Enter key…'), () => this.ask(node)));

		if (value && this.clearable)
			actions.push(widgets.button(_('Remove key'), () => this.set(node, '')));

		return create('div', { 'class': 'pywg-buttons' }, actions);
	},

	show(node) {
		return backend.reveal(node.dataset.value).then(key =>
			setChildren(node.querySelector('.pywg-key-secret') ??
				node.appendChild(create('div', { 'class': 'pywg-key-secret' })),
			clipboard.code(key)), notify);
	},

	ask(node) {
		const input = create('input', {
			'type': 'password', 'class': 'cbi-input-text', 'autocomplete': 'off',
			'aria-label': this.title
		});
		const reason = create('em', { 'class': 'pywg-reason' });
		const submit = () => {
			reason.textContent = keys.reason(input.value.trim());

			if (!reason.textContent)
				return this.store(input.value.trim())
					.then(answer => this.set(node, answer.secret));
		};

		setChildren(node.querySelector('.pywg-key-shown'), [
			input, ' ', widgets.button(_('Store key'), submit), ' ',
			widgets.button(_('Cancel'), () => this.draw(node)), reason
		]);
		input.addEventListener('input', () => {
			reason.textContent = keys.reason(input.value.trim());
		});
		input.focus();
	}
});

const PrivateKey = KeyField.extend({
	__name__: 'CBI.PywgPrivateKey',

	generate() {
		return backend.generateKey();
	},

	store(key) {
		return backend.storeKey(key);
	},

	describe(value) {
		if (!value || value === 'generate')
			return Promise.resolve([
				create('em', _('A key is generated when the form is saved.'))
			]);

		return backend.publicKey(value).then(key => [
			clipboard.code(key),
			create('div', { 'class': 'pywg-note' }, backend.isStored(value)
				? _('Public key to configure on the peers. The private key is ' +
					'stored on the router, outside of the configuration.')
				: _('Public key to configure on the peers. The private key is ' +
					'stored in the configuration.'))
		]);
	},

	parse(name) {
		const value = this.formvalue(name);

		if (value && value !== 'generate')
			return this.super('parse', [ name ]);

		return backend.generateKey().then(answer =>
			uci.set('network', name, this.option, answer.secret));
	}
});

const PresharedKey = KeyField.extend({
	__name__: 'CBI.PywgPresharedKey',
	clearable: true,

	generate() {
		return backend.generatePsk();
	},

	store(key) {
		return backend.storePsk(key);
	},

	describe(value) {
		return Promise.resolve([
			create('span', value
				? _('A preshared key is set.') : _('No preshared key is set.'))
		]);
	}
});

return baseclass.extend({
	/* The widget for the preshared key of a peer. */
	PresharedKey,

	/* Add the private key of the interface to the form. */
	addInterfaceKey(section) {
		section.taboption('general', PrivateKey, 'private_key',
			_('Key pair'));
	}
});
