'use strict';
'require baseclass';
'require pywg.config.import_export as importExport';
'require pywg.config.options as options';
'require pywg.element as element';
'require pywg.forms.config_input as configInput';
'require pywg.forms.diff_view as diffView';
'require pywg.widgets as widgets';
'require pywg.wizard.site_plan as sitePlan';

/* The first step: the description of both sites, or a configuration from the remote
   site. */

const { create, setChildren } = element;

const NO_KEYS = { local: {}, remote: {}, preshared: '' };
const LOCAL = 'local', REMOTE = 'remote';
const PROTOCOLS = [
	[ 'pywg', _('OpenWrt with pywg') ],
	[ 'wireguard', _('OpenWrt with stock WireGuard, or other') ]
];

function isError(finding) {
	return finding.severity === 'error';
}

class SiteForm {
	constructor(site) {
		const check = () => this.check();

		this.site = site;
		this.text = '';
		this.remoteName = widgets.textField(
			_('Name of the other home'), '', check, '', _('cabin'));
		this.remoteLans = widgets.listField(
			_('Network of the other home (LAN)'), [], check,
			_('The LAN prefix of its router, for example 192.168.8.0/24.'),
			'192.168.8.0/24');
		this.remoteEndpoint = widgets.textField(
			_('Public address of the other home'), '', check,
			_('Host name or IP address. Leave empty if the other home is not ' +
				'reachable from the internet.'), 'cabin.example.org');
		this.remotePort = widgets.textField(
			_('UDP port of the other home'), '', check, '', options.DEFAULT_PORT);
		this.remoteProto = widgets.choiceField(
			_('Router of the other home'), PROTOCOLS, check);
		this.localLans = widgets.listField(
			_('Network of this home (LAN)'), site.lans, check,
			_('The networks that the other home may access.'));
		this.localEndpoint = widgets.textField(
			_('Public address of this home'), site.endpoint, check,
			_('Host name or IP address. Leave empty if this router is not ' +
				'reachable from the internet.'), 'home.example.org');
		this.tunnel = widgets.choiceField(_('Interface'), [
			[ '', _('New interface') ],
			...site.tunnels.map(({ name }) => [ name, name ])
		], check);
		this.origin = widgets.choiceField(_('Pasted configuration'), [
			[ LOCAL, _('Configuration for this router') ],
			[ REMOTE, _('Configuration of the other router itself') ]
		], check);
		this.problems = create('div', { 'aria-live': 'polite' });
		this.node = this.draw();
		this.check();
	}

	draw() {
		const input = configInput.make(text => {
			this.text = text;
			this.check();
		});

		this.remoteSite = create('fieldset', [
			create('legend', _('The other home')), this.remoteName.node,
			this.remoteLans.node, this.remoteEndpoint.node, this.remotePort.node,
			this.remoteProto.node
		]);
		this.pasted = create('details', [
			create('summary', _('Import the configuration from the other home')),
			input, this.origin.node
		]);

		return create('div', [
			create('p', _('The wizard links the networks of two homes. It sets up ' +
				'keys, addresses, routes and the firewall for both sides.')),
			create('div', { 'class': 'pywg-sites' }, [
				this.remoteSite,
				create('fieldset', [
					create('legend', _('This home')), this.localLans.node,
					this.localEndpoint.node, this.tunnel.node
				])
			]),
			this.pasted, this.problems
		]);
	}

	local() {
		const tunnel = this.site.tunnels.find(({ name }) =>
			name === this.tunnel.value());

		return {
			...this.site, tunnel: tunnel ?? null, lans: this.localLans.value(),
			endpoint: this.localEndpoint.value()
		};
	}

	remote() {
		return {
			name: this.remoteName.value() || _('other home'),
			lans: this.remoteLans.value(), endpoint: this.remoteEndpoint.value(),
			port: this.remotePort.value(), proto: this.remoteProto.value()
		};
	}

	read() {
		const { tunnels, complaints } = importExport.read(this.text, '');

		return { tunnel: tunnels[0], complaints };
	}

	check() {
		const isPasted = Boolean(this.text.trim());
		/* An empty form shows no problems. */
		const isStarted = !isPasted && this.remoteLans.input.value;

		setChildren(this.problems, isPasted
			? diffView.complaints(this.read().complaints) : '');
		this.showProblems(isStarted ? this.findProblems() : []);
		/* A configuration for this router describes the remote site. */
		this.remoteSite.hidden = isPasted && this.origin.value() === LOCAL;
	}

	findProblems() {
		return sitePlan.plan(this.local(), this.remote(), NO_KEYS).problems;
	}

	showProblems(problems) {
		const fields = {
			remoteLans: this.remoteLans, remoteEndpoint: this.remoteEndpoint,
			remotePort: this.remotePort, localLans: this.localLans,
			localEndpoint: this.localEndpoint
		};

		for (const [ name, field ] of Object.entries(fields)) {
			const own = problems.filter(problem => problem.field === name);

			field.complain(diffView.problems(own), own.some(isError));
		}

		const general = problems.filter(problem => !fields[problem.field]);

		if (general.length)
			setChildren(this.problems, diffView.problems(general));
	}

	answers() {
		const answers = { local: this.local(), remote: this.remote() };

		if (!this.text.trim()) {
			const problems = this.findProblems();

			this.showProblems(problems);

			return problems.some(isError) ? null : answers;
		}

		const { tunnel, complaints } = this.read();
		const isInvalid = !tunnel?.options || complaints.some(isError);

		return isInvalid ? null : {
			...answers, text: this.text, tunnel,
			isForLocal: this.origin.value() === LOCAL
		};
	}
}

return baseclass.extend({
	/*
	 * Return { node, answers() } for the description of local_site.js. answers()
	 * returns null while there are errors, else { local, remote } of site_plan.js, and
	 * { text, tunnel, isForLocal } if a configuration was pasted.
	 */
	make: site => new SiteForm(site)
});
