/*
 * A page of LuCI in a DOM: stand-ins for the modules of LuCI that the pages use. They
 * parse a text as HTML wherever LuCI does: in E() and dom.content() as the only child,
 * in the titles of modals and notifications, and in the titles, descriptions, labels and
 * cells of forms.
 */

import { createRequire } from 'node:module';

import { Realm } from './luci.mjs';

const INSTALLED = new URL('../../.cache/eslint/package.json', import.meta.url);

/* Return a module that `make luci` installs, or null. */
export function installed(name) {
	try {
		return createRequire(INSTALLED)(name);
	}
	catch {
		return null;
	}
}

const jsdom = installed('jsdom');

/* The reason why there are no pages, or false. */
export const missing = jsdom ? false : 'jsdom is not installed; run make luci';

function makeDom(document) {
	const dom = {
		elem: node => node !== null && typeof node === 'object' && 'nodeType' in node,
		append(node, children) {
			if (dom.elem(children))
				node.appendChild(children);
			else if (Array.isArray(children))
				children.filter(child => child !== null && child !== undefined)
					.forEach(child => node.appendChild(dom.elem(child)
						? child : document.createTextNode(String(child))));
			else if (children !== null && children !== undefined)
				node.innerHTML = String(children);
		},
		content(node, children) {
			node.replaceChildren();
			dom.append(node, children);
		},
		attributes(node, attributes) {
			for (const [ name, value ] of Object.entries(attributes))
				if (typeof value === 'function')
					node.addEventListener(name, value);
				else if (value !== null && value !== undefined)
					node.setAttribute(name, value);
		},
		create(tag, ...rest) {
			const node = tag.startsWith('<')
				? dom.parse(tag) : document.createElement(tag);
			const isPlain = typeof rest[0] === 'object' && rest[0] !== null &&
				!Array.isArray(rest[0]) && !dom.elem(rest[0]);

			dom.attributes(node, isPlain ? rest[0] : {});
			dom.append(node, isPlain ? rest[1] : rest[0]);

			return node;
		},
		parse(text) {
			const node = document.createElement('div');

			node.innerHTML = text;

			return node.firstChild;
		}
	};

	return dom;
}

function makeUi(document, dom) {
	const show = (title, children) => {
		const node = dom.create('div', { 'class': 'modal' });

		if (title !== null)
			dom.append(node, dom.create('h4', {}, title));

		node.appendChild(dom.create('div', {}, children));
		document.body.appendChild(node);

		return node;
	};

	return {
		showModal: show, addNotification: show, addTimeLimitedNotification: show,
		createHandlerFn: (self, act, ...bound) =>
			event => act.call(self, ...bound, event),
		changes: { init: async () => {}, apply: async () => {} }
	};
}

/* Values are in the values of option widgets or, without one, in the configuration. */
function makeForm(page, dom, ui) {
	const html = (tag, text) =>
		text === undefined ? [] : [ dom.create(tag, {}, text) ];

	class Base {
		static extend(members) {
			const Class = class extends this {};

			return Object.assign(Class.prototype, members) && Class;
		}

		super(name, values) {
			return Value.prototype[name].apply(this, values);
		}
	}

	class Value extends Base {
		constructor(section, option, title, description) {
			super();
			Object.assign(this, {
				section, map: section.map, option, title, description, labels: []
			});
		}

		value(key, label) {
			this.labels.push([ key, label ]);
		}

		cbid(name) {
			return `cbid.network.${name}.${this.option}`;
		}

		cfgvalue(name) {
			return page.uci.get('network', name, this.option);
		}

		formvalue(name) {
			return page.document.getElementById(this.cbid(name))?.value;
		}

		textvalue(name) {
			const value = this.cfgvalue(name);

			return value === undefined ? null : dom.create('span', {}, [ value ]);
		}

		renderWidget(name, _index, value) {
			return dom.create('input', { id: this.cbid(name), value: value ?? null });
		}

		getUIElement(name) {
			return {
				setValue: value => {
					page.document.getElementById(this.cbid(name)).value = value;
				}
			};
		}

		async render(name) {
			const value = await (this.load ? this.load(name) : this.cfgvalue(name));
			const message = this.validate?.(name, value ?? '');

			return dom.create('div', {}, [
				...html('label', this.title), this.renderWidget(name, 0, value),
				/* Messages are shown as a tooltip: the text of an attribute. */
				dom.create('i', { 'data-tooltip': message === true ? null : message }),
				...html('div', this.description),
				...this.labels.map(([ , label ]) => dom.create('li', {}, label))
			]);
		}
	}

	class DynamicList extends Value {
		renderWidget(name, _index, value) {
			return dom.create('div', { id: this.cbid(name) }, [ value ].flat()
				.map(text => dom.create('span', {}, [ text ])));
		}
	}

	class DummyValue extends Value {
		renderWidget(_name, _index, value) {
			return dom.create('div', {}, this.rawhtml ? value : [ value ]);
		}
	}

	class SectionValue extends Value {
		constructor(section, option, Class, type) {
			super(section, option);
			this.subsection = new Class(section.map, type);
		}

		render() {
			return this.subsection.renderAll();
		}
	}

	class Section extends Base {
		constructor(map, name) {
			super();
			Object.assign(this, { map, section: name, children: [], tabs: {} });
		}

		tab(name, title, description) {
			this.tabs[name] = [ title, description ];
		}

		option(Class, ...rest) {
			const option = new Class(this, ...rest);

			this.children.push(option);

			return option;
		}

		taboption(_tab, ...rest) {
			return this.option(...rest);
		}

		formvalue(name, option) {
			return this.children.find(child => child.option === option)
				?.formvalue(name);
		}

		getUIElement(name, option) {
			return this.children.find(child => child.option === option)
				.getUIElement(name);
		}

		async renderAll() {
			return dom.create('div', {}, [
				...Object.values(this.tabs).flatMap(([ title, description ]) =>
					[ ...html('a', title), ...html('div', description) ]),
				...await Promise.all(
					this.children.map(child => child.render(this.section)))
			]);
		}
	}

	class GridSection extends Section {
		renderRow(name) {
			return dom.create('div', {}, this.children
				.filter(child => child.modalonly !== true)
				.map(child => dom.create('div', {}, child.textvalue(name))));
		}

		async renderAll() {
			const names = page.uci.sections('network', this.section)
				.map(section => section['.name']);

			return dom.create('div', {}, [
				...this.children.flatMap(child => html('b', child.title)),
				...html('button', this.addbtntitle), this.renderSectionPlaceholder(),
				...names.map(name => this.renderRow(name))
			]);
		}

		async renderMoreOptionsModal(name) {
			const rows = this.children.filter(child => child.modalonly !== false)
				.map(child => child.render(name));

			return ui.showModal(this.modaltitle, await Promise.all(rows));
		}
	}

	return {
		Value, DynamicList, DummyValue, SectionValue, GridSection,
		Flag: class extends Value {}, Section, NetworkSelect: class extends Value {}
	};
}

function makeUci(sections) {
	const all = config => sections[config] ?? [];
	const find = (config, id) => all(config).find(section => section['.name'] === id);

	return {
		load: async () => {},
		save: async () => {},
		sections: (config, type) => all(config).filter(section =>
			type === undefined || section['.type'] === type),
		get: (config, id, option) =>
			option === undefined ? find(config, id) : find(config, id)?.[option],
		set: (config, id, option, value) => {
			const section = find(config, id) ?? {};

			section[option] = value;
		},
		add(config, type, name) {
			const id = name ?? `new${all(config).length}`;

			(sections[config] ??= []).push(
				{ '.name': id, '.type': type, '.anonymous': !name });

			return id;
		},
		remove: (config, id) => {
			sections[config] = all(config).filter(section => section['.name'] !== id);
		}
	};
}

export class Page extends Realm {
	/* Takes the sections of each UCI configuration, and a function of the arguments for
	   each ubus method: 'object.method'. */
	constructor(sections, answers) {
		super();

		const dom = makeDom(this.document);
		const ui = makeUi(this.document, dom);
		const form = makeForm(this, dom, ui);

		this.dom = dom;
		this.uci = makeUci(sections);
		this.form = form;
		this.files = [];
		this.polled = [];
		this.errorCodes = {};
		this.classes = new Map([
			...this.classes, [ 'uci', this.uci ], [ 'ui', ui ], [ 'form', form ],
			[ 'tools.widgets', form ], [ 'view', { extend: this.extend } ],
			[ 'poll', { add: act => this.polled.push(act), remove: () => {} } ],
			[ 'uqr', { renderSVG: () =>
				'<svg xmlns="http://www.w3.org/2000/svg" width="29"><path d="M0,0"/></svg>'
			} ],
			[ 'network', {
				registerPatternVirtual: () => {}, registerErrorCode: () => {},
				registerProtocol: (_name, members) => this.extend(members)
			} ],
			[ 'rpc', { declare: ({ object, method }) => async (...values) =>
				answers[`${object}.${method}`](...values) } ]
		]);
		this.L = {
			dom, resource: path => `/luci-static/resources/${path}`,
			url: path => `/cgi-bin/luci/${path}`, hasViewPermission: () => true,
			resolveDefault: (promise, value) =>
				Promise.resolve(promise).catch(() => value),
			toArray: value => value === undefined || value === null ? [] : [ value ].flat()
		};
		Object.assign(this.window, { E: dom.create, L: this.L, _: text => text });
	}

	extend(members) {
		return class {
			constructor() {
				Object.assign(this, members);
			}

			super() {
				return this.errors;
			}
		};
	}

	makeContext() {
		const page = new jsdom.JSDOM('<!DOCTYPE html><body></body>', {
			url: 'http://router/', runScripts: 'outside-only', pretendToBeVisual: true
		});
		const { window } = page;

		this.window = window;
		this.document = window.document;
		window.HTMLDialogElement.prototype.showModal = () => {};
		window.HTMLDialogElement.prototype.close = function() {
			this.dispatchEvent(new window.Event('close'));
		};
		window.document.execCommand = () => true;
		window.Blob = function(parts) {
			this.text = parts.join('');
		};
		window.URL.createObjectURL = blob => `blob:${encodeURIComponent(blob.text)}`;
		window.URL.revokeObjectURL = () => {};
		window.HTMLAnchorElement.prototype.click = this.savedBy();

		return page.getInternalVMContext();
	}

	/* A click on a link saves its file. */
	savedBy() {
		const page = this;

		return function() {
			page.files.push({
				name: this.download,
				text: decodeURIComponent(this.href.replace('blob:', ''))
			});
		};
	}

	globals() {
		return { window: this.window, document: this.document, L: this.L };
	}

	/* Wait until the promises that an event started are settled. */
	settled() {
		return new Promise(resolve => setTimeout(resolve, 0));
	}

	add(node) {
		this.document.body.appendChild(node);
	}

	/* Click the last button with a text. */
	async click(text) {
		const buttons = [ ...this.document.querySelectorAll('button') ]
			.filter(button => button.textContent === text);

		if (!buttons.length)
			throw new Error(`no button ${text}`);

		buttons[buttons.length - 1].dispatchEvent(new this.window.Event('click'));
		await this.settled();
	}

	async enter(input, value) {
		input.value = value;
		input.dispatchEvent(new this.window.Event('input'));
		input.dispatchEvent(new this.window.Event('change'));
		await this.settled();
	}

	async drop(zone, name, text, size = text.length) {
		const event = new this.window.Event('drop');

		event.dataTransfer = { files: [ { name, size, text: async () => text } ] };
		zone.dispatchEvent(event);
		await this.settled();
	}
}
