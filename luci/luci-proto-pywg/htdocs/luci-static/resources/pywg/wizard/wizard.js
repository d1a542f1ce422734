'use strict';
'require baseclass';
'require pywg.config.diff as diff';
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

class Assistant {
	constructor(known) {
		this.known = known;
		this.form = siteForm.make(known);
		this.steps = E('div', { 'class': 'pywg-steps' });
		this.body = E('div');
		this.node = E('div', { 'class': 'cbi-section pywg-assistant' },
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

		const keys = await linkKeys.make();
		const plan = sitePlan.plan(answers.here, answers.other, keys);

		this.showPlan({
			...plan.here, notes: plan.notes, problems: plan.problems,
			other: plan.other && await linkKeys.shared(plan.other, keys),
			called: answers.other.name
		});
	}

	/* What the other side made for us, or its own settings, of which ours follow. */
	async take({ tunnel, isOurs, here, other }) {
		if (isOurs) {
			const made = sitePlan.adopt(tunnel, here);

			return { ...made, tunnel: await linkKeys.kept(made.tunnel), notes: [] };
		}

		const keys = await linkKeys.answering(tunnel);
		const made = sitePlan.mirror(tunnel, here, other, keys);

		return {
			...made, tunnel: await linkKeys.kept(made.tunnel),
			notes: [ _('The other side must have this public key for us: %s')
				.format(keys.here.public) ]
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
			isPossible ? E('details', { 'open': plan.other ? null : '' }, [
				E('summary', _('All changes to this router')),
				diffView.changes(list)
			]) : ''
		], [
			widgets.button(_('Back'), () => this.showForm()),
			isPossible ? widgets.button(
				plan.other ? _('Save and continue') : _('Save & Apply'),
				() => this.finish(plan), true) : ''
		]);
	}

	async finish(plan) {
		await apply.link(before(this.known, plan.tunnel), plan);

		return plan.other ? this.showOther(plan) : apply.apply();
	}

	showOther(plan) {
		this.turnTo(2, [
			E('p', _('This is the other home\'s half. Its private key is in it and ' +
				'is not kept here: take it along now, and give it to nobody else.')),
			E('p', _('A router with this page takes it under "The other home has ' +
				'sent its half already"; others import it as a file, phones the QR ' +
				'code.')),
			exportDialog.sheet(
				plan.other.tunnel, plan.other.firewall, plan.called, 'uci')
		], [
			widgets.button(_('Save & Apply'), () => apply.apply(), true)
		]);
	}
}

return baseclass.extend({
	/* What local_site.js knows -> a node. */
	make: known => new Assistant(known).node
});
