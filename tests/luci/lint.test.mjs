/* The lint rules reject each way to have a text parsed as HTML. */

import assert from 'node:assert/strict';
import test from 'node:test';

import html from '../../luci/lint/html.mjs';
import { installed } from './page.mjs';

const eslint = installed('eslint');
const skip = eslint ? false : 'eslint is not installed; run make luci';

const REJECTED = [
	'E("p", name)', 'E("p", {}, name)', 'E("p", `${name}`)', 'E("p", "a" + name)',
	'E("p", [ name ])', 'const make = E; make("p", name)', 'run(E, name)',
	'L.dom.content(node, name)', 'L.dom.append(node, name)', 'L["dom"].append(node, x)',
	'dom.content(node, name)', 'dom.create("p", {}, name)', 'dom.parse(name)',
	'const { content } = dom; content(node, name)', 'const { dom } = L; dom.append(x)',
	'node.innerHTML = name', 'node["innerHTML"] = name', 'node.outerHTML = name',
	'node.innerHTML += name', 'frame.srcdoc = name',
	'node.insertAdjacentHTML("beforeend", name)', 'document.write(name)',
	'document.writeln(name)', 'range.createContextualFragment(name)',
	'node.setHTMLUnsafe(name)', 'ui.showModal(name, [])', 'ui.showModal("x", name)',
	'ui.addNotification(name, [])', 'ui.addNotification(null, name)',
	'ui.addTimeLimitedNotification(name, [])', 'new ui.Table([ name ], {}, name)',
	'cbi_update_table(table, [ [ name ] ])', 'L.itemlist(node, [ name ])',
	'new DOMParser().parseFromString(name, "text/html")', 'parseFromString(name, type)',
	'a.href = name', 'image.src = name', 'location.href = "javascript:" + name',
	'a.setAttribute("href", name)', 'a.setAttribute("onclick", name)',
	'a.setAttribute(key, name)', 'eval(name)'
];

const REJECTED_IN_FORMS = [
	'section.option(form.Value, "a", name)', 'section.option(form.Value, "a", "", name)',
	'section.taboption("t", form.Value, "a", _("A"), name)',
	'section.taboption("t", form.Value, "a", _("A %s").format(name))',
	'section.taboption("t", form.Value, "a", `${name}`)',
	'section.taboption("t", form.Value, "a", "<b>")',
	'section.taboption("t", form.SectionValue, "a", form.GridSection, "type", name)',
	'section.tab("a", name)', 'section.tab("a", _("A"), name)',
	'map.section(form.GridSection, "type", name)', 'option.value(key, name)',
	'option.title = name', 'option.description = x ? _("A") : name',
	'peers.modaltitle = name', 'peers.addbtntitle = name', 'option.rawhtml = true',
	'option.textvalue = id => name', 'option.textvalue = show',
	'new form.Map("network", name)', 'new form.Map("network", _("A"), name)'
];

const ACCEPTED = [
	'element.create("p", name)', 'node.textContent = name',
	'element.setChildren(node, name)', 'location.href = L.url("admin")',
	'a.href = element.safeHref(name)', 'node.setAttribute("d", path)',
	'new DOMParser().parseFromString(name, "image/svg+xml")', 'ui.createHandlerFn(x, y)',
	'field.value()'
];

const ACCEPTED_IN_FORMS = [
	'section.option(form.Value, "a", _("A"), _("B") + " " + _("C"))',
	'section.taboption("t", form.Value, "a", element.escape(_("A %s").format(name)))',
	'section.taboption("t", form.SectionValue, "a", form.GridSection, type, _("A"))',
	'option.description = x ? _("A") : element.escape(name)',
	'option.textvalue = element.cell(id => name)', 'section.tab("a", _("A"))',
	'option.value("a", _("A"))', 'option.value(key, element.escape(name))',
	'peers.modaltitle = _("A")', 'option.title = null'
];

function complaints(code, fileName = 'pywg/x.js') {
	const linter = new eslint.Linter();

	return linter.verify(code, [ {
		files: [ '**/*.js' ], plugins: { html },
		languageOptions: { sourceType: 'script' },
		rules: { 'html/nodes': 'error', 'html/forms': 'error' }
	} ], fileName);
}

function inForm(code) {
	return `'require form';\n${code}`;
}

for (const code of [ ...REJECTED, ...REJECTED_IN_FORMS.map(inForm) ])
	test(`rejected: ${code}`, { skip }, () => {
		const found = complaints(code);

		assert.notDeepEqual(found, []);
		assert.ok(found.every(({ ruleId }) => ruleId), found[0].message);
	});

for (const code of [ ...ACCEPTED, ...ACCEPTED_IN_FORMS.map(inForm) ])
	test(`accepted: ${code}`, { skip }, () => {
		assert.deepEqual(complaints(code).map(({ message }) => message), []);
	});

test('only the module pywg.element makes nodes', { skip }, () => {
	assert.deepEqual(complaints('E(tag, children)', 'pywg/element.js'), []);
	assert.notDeepEqual(complaints('E(tag, children)', 'pywg/forms/element.js'), []);
});
