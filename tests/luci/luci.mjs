/* Evaluates modules like LuCI's loader: each is the body of a function of window,
   document, L and the required modules, and the class that it returns is instantiated
   once. */

import { readFileSync } from 'node:fs';
import vm from 'node:vm';

const RESOURCES = new URL(
	'../../luci/luci-proto-pywg/htdocs/luci-static/resources/', import.meta.url);
const REQUIRE = /^'require (\S+)(?: as (\S+))?';$/gm;

export class Realm {
	/* translations: the texts in the language of the user. */
	constructor(translations = {}) {
		this.translations = translations;
		this.classes = new Map([
			[ 'baseclass', baseclass() ], [ 'rpc', { declare: () => undefined } ],
			[ 'uci', {} ]
		]);
		this.context = this.makeContext();
		vm.runInContext(FORMAT, this.context);
	}

	makeContext() {
		return vm.createContext({ _: text => this.translations[text] ?? text });
	}

	require(name) {
		if (!this.classes.has(name))
			this.classes.set(name, this.load(name));

		return this.classes.get(name);
	}

	load(name) {
		const url = new URL(`${name.replaceAll('.', '/')}.js`, RESOURCES);
		const source = readFileSync(url, 'utf8');
		const needed = [ ...source.matchAll(REQUIRE) ].map(([ , module, as ]) =>
			({ module, as: as ?? module.replace(/[^a-zA-Z0-9_]/g, '_') }));
		const parameters = [ 'window', 'document', 'L', ...needed.map(({ as }) => as) ];
		const factory = vm.runInContext(
			`(function(${parameters.join(', ')}) { ${source} })`, this.context,
			{ filename: url.pathname });
		const modules = needed.map(({ module }) => this.require(module));

		const { window, document, L } = this.globals();

		return new (factory(window, document, L, ...modules))();
	}

	/* window, document and L: none, for the modules that have no nodes. */
	globals() {
		return {};
	}
}

function baseclass() {
	return {
		extend(members) {
			const Class = class {};

			return Object.assign(Class.prototype, members) && Class;
		}
	};
}

/* The part of LuCI's String.prototype.format that the modules use. */
const FORMAT = `String.prototype.format = function(...values) {
	let next = 0;

	return this.replace(/%[sd%]/g, mark =>
		mark === '%%' ? '%' : String(values[next++]));
}`;

export function load(name, translations) {
	return new Realm(translations).require(name);
}

/* Objects of another realm have other prototypes, which deepEqual compares. */
export function plain(value) {
	return JSON.parse(JSON.stringify(value));
}
