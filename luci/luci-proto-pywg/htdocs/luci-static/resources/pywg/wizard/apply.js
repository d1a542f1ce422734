'use strict';
'require baseclass';
'require pywg.config.diff as diff';
'require uci';
'require ui';

/* Staging of a plan among LuCI's pending changes, and applying of them. */

function addSections(sections) {
	for (const section of sections) {
		const id = uci.add('firewall', section.type);

		Object.entries(section.options).forEach(([ name, value ]) =>
			uci.set('firewall', id, name, value));
	}
}

function join(id, network) {
	const members = L.toArray(uci.get('firewall', id, 'network'));

	if (!members.includes(network))
		uci.set('firewall', id, 'network', members.concat(network));
}

return baseclass.extend({
	/* Stage the changes from the current tunnel, or null, to { tunnel, firewall } of
	   site_plan.js. */
	async stage(before, { tunnel, firewall }) {
		diff.apply(uci, diff.steps(before, tunnel), 'network');

		if (firewall.join)
			join(firewall.join, tunnel.name);

		addSections(firewall.add);
		await uci.save();
		await ui.changes.init();
	},

	/* Apply all pending changes, then open the status page. */
	run() {
		document.addEventListener('uci-applied', () => {
			location.href = L.url('admin/status/pywg');
		}, { once: true });

		return ui.changes.apply(true);
	}
});
