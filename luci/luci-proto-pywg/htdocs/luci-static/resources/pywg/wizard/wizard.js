'use strict';
'require baseclass';
'require pywg.config.diff as diff';
'require pywg.config.form_state as formState';
'require pywg.forms.diff_view as diffView';
'require pywg.forms.export_dialog as exportDialog';
'require pywg.widgets as widgets';
'require pywg.wizard.apply as apply';
'require pywg.wizard.link_keys as linkKeys';
'require pywg.wizard.site_form as siteForm';
'require pywg.wizard.site_plan as sitePlan';

/*
 * Links two homes in three screens: who the other one is; what will be changed; what
 * the other one needs. If the other one sent its half, there is no third.
 */

const TITLES = [
	_('1. The two homes'), _('2. What will be set up'), _('3. For the other home')
];

function before(known, tunnel) {
	return known.tunnels.find(one => one.name === tunnel.name) ?? null;
}

class Wizard {
	constructor(known) {
		this.known = known;
		this.form = siteForm.make(known);
		this.steps = E('div', { 'class': 'pywg-steps' });
		this.body = E('div');
		this.node = E('div', { 'class': 'cbi-section pywg-wizard' },
			[ this.steps, this.body ]);
		this.showForm();
	}

	turnTo(step, nodes, buttons) {
		L.dom.content(this.steps, TITLES.map((title, at) => E('span', {
			'class': 'pywg-step', 'aria-current': at === step ? 'step' : null
		}, title)));
		L.dom.content(this.body, [
			...nodes, E('div', { 'class': 'right pywg-buttons' }, buttons)
		]);
		this.body.querySelector('input, .important')?.focus();
	}

	showForm() {
		this.turnTo(0, [ this.form.node ],
			[ widgets.button(_('Continue'), () => this.decide(), true) ]);
	}

	async decide() {
		const answers = this.form.answers();

		if (!answers)
			return;

		if (answers.text)
			return this.showPlan(await this.take(answers));

		const keys = await linkKeys.generate();
		const plan = sitePlan.plan(answers.local, answers.remote, keys);

		this.showPlan({
			...plan.local, notes: plan.notes, problems: plan.problems,
			remote: plan.remote && await linkKeys.withPresharedKey(plan.remote, keys),
			called: answers.remote.name
		});
	}

	/* What the other side made for us, or its own settings, of which ours follow. */
	async take({ tunnel, isForLocal, local, remote }) {
		if (isForLocal) {
			const made = sitePlan.adopt(tunnel, local);

			return {
				...made, tunnel: await formState.storeSecrets(made.tunnel), notes: []
			};
		}

		const keys = await linkKeys.generateLocal(tunnel);
		const made = sitePlan.planFromRemote(tunnel, local, remote, keys);

		return {
			...made, tunnel: await formState.storeSecrets(made.tunnel),
			notes: [ _('The other side must have this public key for us: %s')
				.format(keys.local.public) ]
		};
	}

	showPlan(plan) {
		const isPossible = plan.tunnel &&
			!plan.problems.some(one => one.severity === 'error');
		const list = isPossible
			? diff.between(before(this.known, plan.tunnel), plan.tunnel) : [];

		this.turnTo(1, [
			...diffView.problems(plan.problems),
			E('ul', plan.notes.map(note => E('li', note))),
			isPossible ? E('details', { 'open': plan.remote ? null : '' }, [
				E('summary', _('All changes to this router')),
				diffView.changes(list)
			]) : ''
		], [
			widgets.button(_('Back'), () => this.showForm()),
			isPossible ? widgets.button(
				plan.remote ? _('Save and continue') : _('Save & Apply'),
				() => this.finish(plan), true) : ''
		]);
	}

	async finish(plan) {
		await apply.stage(before(this.known, plan.tunnel), plan);

		return plan.remote ? this.showRemote(plan) : apply.run();
	}

	showRemote(plan) {
		this.turnTo(2, [
			E('p', _('This is the other home\'s half. Its private key is in it and ' +
				'is not kept here: take it along now, and give it to nobody else.')),
			E('p', _('A router with this page takes it under "The other home has ' +
				'sent its half already"; others import it as a file, phones the QR ' +
				'code.')),
			exportDialog.sheet(
				plan.remote.tunnel, plan.remote.firewall, plan.called, 'uci')
		], [
			widgets.button(_('Save & Apply'), () => apply.run(), true)
		]);
	}
}

return baseclass.extend({
	/* What local_site.js knows -> a node. */
	make: known => new Wizard(known).node
});
