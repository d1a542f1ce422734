'use strict';
'require baseclass';
'require pywg.config.import_export as importExport';
'require pywg.config.options as options';
'require pywg.forms.config_input as configInput';
'require pywg.forms.diff_view as diffView';
'require pywg.widgets as widgets';
'require pywg.wizard.site_plan as sitePlan';

/* The first screen: who the other home is, or what it sent. */

const NO_KEYS = { local: {}, remote: {}, preshared: '' };
const LOCAL = 'local', REMOTE = 'remote';
const PROTOCOLS = [
	[ 'pywg', _('OpenWrt with pywg') ],
	[ 'wireguard', _('OpenWrt with the stock WireGuard, or anything else') ]
];

class SiteForm {
	constructor(known) {
		const check = () => this.check();

		this.known = known;
		this.text = '';
		this.name = widgets.textField(
			_('Name of the other home'), '', check, '', _('cabin'));
		this.lans = widgets.listField(_('Its network (LAN)'), [], check,
			_('As its router shows it, for instance 192.168.8.0/24.'),
			'192.168.8.0/24');
		this.endpoint = widgets.textField(_('Its name or address'), '', check,
			_('On the internet. Leave empty if it cannot be called.'),
			'cabin.example.org');
		this.port = widgets.textField(
			_('Its port'), '', check, '', options.DEFAULT_PORT);
		this.proto = widgets.choiceField(_('Its router'), PROTOCOLS, check);
		this.localLans = widgets.listField(_('Our network (LAN)'), known.lans, check,
			_('What the other home may reach here.'));
		this.localEndpoint = widgets.textField(_('Our name or address'), known.endpoint,
			check, _('On the internet. Leave empty if this router cannot be called.'),
			'home.example.org');
		this.into = widgets.choiceField(_('Add it to'), [
			[ '', _('a new tunnel') ],
			...known.tunnels.map(one => [ one.name, one.name ])
		], check);
		this.owner = widgets.choiceField(_('The pasted text'), [
			[ LOCAL, _('was made for this router') ],
			[ REMOTE, _('has the settings of the other router itself') ]
		], check);
		this.problems = E('div', { 'aria-live': 'polite' });
		this.node = this.draw();
		this.check();
	}

	draw() {
		const input = configInput.make(text => {
			this.text = text;
			this.check();
		});

		this.remoteSite = E('fieldset', [
			E('legend', _('The other home')), this.name.node, this.lans.node,
			this.endpoint.node, this.port.node, this.proto.node
		]);
		this.pasted = E('details', [
			E('summary', _('The other home has sent its half already')),
			input, this.owner.node
		]);

		return E('div', [
			E('p', _('Both homes\' devices will reach each other. Keys, addresses, ' +
				'routes and the firewall are set up here for both sides.')),
			E('div', { 'class': 'pywg-sites' }, [
				this.remoteSite,
				E('fieldset', [ E('legend', _('This home')), this.localLans.node,
					this.localEndpoint.node, this.into.node ])
			]),
			this.pasted, this.problems
		]);
	}

	local() {
		const tunnel = this.known.tunnels.find(one => one.name === this.into.value());

		return {
			...this.known, tunnel: tunnel ?? null, lans: this.localLans.value(),
			endpoint: this.localEndpoint.value()
		};
	}

	remote() {
		return {
			name: this.name.value() || _('other home'), lans: this.lans.value(),
			endpoint: this.endpoint.value(), port: this.port.value(),
			proto: this.proto.value()
		};
	}

	read() {
		const { tunnels, complaints } = importExport.read(this.text, '');

		return { tunnel: tunnels[0], complaints };
	}

	check() {
		const isPasted = Boolean(this.text.trim());
		/* Nobody is told of what is missing before they have begun. */
		const isBegun = !isPasted && this.lans.input.value;

		L.dom.content(this.problems, isPasted
			? diffView.complaints(this.read().complaints) : '');
		this.showProblems(isBegun ? this.findProblems() : []);
		/* What was made for us says all of that. */
		this.remoteSite.hidden = isPasted && this.owner.value() === LOCAL;
	}

	findProblems() {
		return sitePlan.plan(this.local(), this.remote(), NO_KEYS).problems;
	}

	showProblems(problems) {
		const fields = {
			lans: this.lans, endpoint: this.endpoint, port: this.port,
			localLans: this.localLans, localEndpoint: this.localEndpoint
		};

		for (const [ name, its ] of Object.entries(fields)) {
			const own = problems.filter(one => one.field === name);

			its.complain(diffView.problems(own),
				own.some(one => one.severity === 'error'));
		}

		const others = problems.filter(one => !fields[one.field]);

		if (others.length)
			L.dom.content(this.problems, diffView.problems(others));
	}

	answers() {
		const answers = { local: this.local(), remote: this.remote() };

		if (!this.text.trim()) {
			const problems = this.findProblems();

			this.showProblems(problems);

			return problems.some(one => one.severity === 'error') ? null : answers;
		}

		const { tunnel, complaints } = this.read();
		const isWrong = !tunnel?.options ||
			complaints.some(one => one.severity === 'error');

		return isWrong ? null : {
			...answers, text: this.text, tunnel,
			isForLocal: this.owner.value() === LOCAL
		};
	}
}

return baseclass.extend({
	/*
	 * What local_site.js knows -> { node, answers() }: null while something is wrong,
	 * else { local, remote } of site_plan.js, and { text, tunnel, isForLocal } if a
	 * text was pasted.
	 */
	make: known => new SiteForm(known)
});
