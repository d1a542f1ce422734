'use strict';
'require baseclass';
'require pywg.config.diff as diff';
'require pywg.config.form_state as formState';
'require pywg.element as element';
'require pywg.forms.diff_view as diffView';
'require pywg.forms.export_dialog as exportDialog';
'require pywg.widgets as widgets';
'require pywg.wizard.apply as apply';
'require pywg.wizard.link_keys as linkKeys';
'require pywg.wizard.site_form as siteForm';
'require pywg.wizard.site_plan as sitePlan';

/*
 * The wizard that links two sites, in three steps: description of both sites, review of
 * the changes, configuration for the remote site. An imported configuration needs no
 * third step.
 */

const { create, setChildren } = element;

const TITLES = [
	_('1. Describe both homes'), _('2. Review the changes'),
	_('3. Configure the other home')
];

function currentTunnel(site, name) {
	return site.tunnels.find(tunnel => tunnel.name === name) ?? null;
}

class Wizard {
	constructor(site) {
		this.site = site;
		this.form = siteForm.make(site);
		this.steps = create('div', { 'class': 'pywg-steps' });
		this.body = create('div');
		this.node = create('div', { 'class': 'cbi-section pywg-wizard' },
			[ this.steps, this.body ]);
		this.showForm();
	}

	showStep(step, nodes, buttons) {
		setChildren(this.steps, TITLES.map((title, at) => create('span', {
			'class': 'pywg-step', 'aria-current': at === step ? 'step' : null
		}, title)));
		setChildren(this.body, [
			...nodes, create('div', { 'class': 'right pywg-buttons' }, buttons)
		]);
		this.body.querySelector('input, .important')?.focus();
	}

	showForm() {
		this.showStep(0, [ this.form.node ],
			[ widgets.button(_('Continue'), () => this.plan(), true) ]);
	}

	async plan() {
		const answers = this.form.answers();

		if (!answers)
			return;

		if (answers.text)
			return this.showPlan(await this.planFromText(answers));

		const keys = await linkKeys.generate();
		const plan = sitePlan.plan(answers.local, answers.remote, keys);

		this.showPlan({
			...plan.local, notes: plan.notes, problems: plan.problems,
			remote: plan.remote && await linkKeys.withPresharedKey(plan.remote, keys),
			title: answers.remote.name
		});
	}

	/* The pasted configuration is for this router, or is that of the remote router. */
	async planFromText({ tunnel, isForLocal, local, remote }) {
		if (isForLocal) {
			const plan = sitePlan.adopt(tunnel, local);

			return {
				...plan, tunnel: await formState.storeSecrets(plan.tunnel), notes: []
			};
		}

		const keys = await linkKeys.generateLocal(tunnel);
		const plan = sitePlan.planFromRemote(tunnel, local, remote, keys);

		return {
			...plan, tunnel: await formState.storeSecrets(plan.tunnel),
			notes: [ _('The other router must use this public key for this router: %s')
				.format(keys.local.public) ]
		};
	}

	showPlan(plan) {
		const isPossible = plan.tunnel &&
			!plan.problems.some(problem => problem.severity === 'error');
		const changes = isPossible ? diff.between(
			currentTunnel(this.site, plan.tunnel.name), plan.tunnel) : [];

		this.showStep(1, [
			...diffView.problems(plan.problems),
			create('ul', plan.notes.map(note => create('li', note))),
			isPossible ? create('details', { 'open': plan.remote ? null : '' }, [
				create('summary', _('All changes to this router')),
				diffView.changes(changes)
			]) : ''
		], [
			widgets.button(_('Back'), () => this.showForm()),
			isPossible ? widgets.button(
				plan.remote ? _('Save and continue') : _('Save & Apply'),
				() => this.save(plan), true) : ''
		]);
	}

	async save(plan) {
		await apply.stage(currentTunnel(this.site, plan.tunnel.name), plan);

		return plan.remote ? this.showRemote(plan) : apply.run();
	}

	showRemote(plan) {
		this.showStep(2, [
			create('p', _('This is the configuration for the other home. It contains ' +
				'a private key that is not stored on this router: save ' +
				'it now, and keep it secret.')),
			create('p', _('On a router with this wizard, paste it under "Import the ' +
				'configuration from the other home". Other routers import the file, ' +
				'phones scan the QR code.')),
			exportDialog.view(
				plan.remote.tunnel, plan.remote.firewall, plan.title, 'uci')
		], [
			widgets.button(_('Save & Apply'), () => apply.run(), true)
		]);
	}
}

return baseclass.extend({
	/* Return a node with the wizard for the description of local_site.js. */
	make: site => new Wizard(site).node
});
