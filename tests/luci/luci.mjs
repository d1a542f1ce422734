/* Evaluates modules of LuCI as its loader does: a function of window, document, L and
   what they require, whose class is instantiated once. */

import { readFileSync } from 'node:fs';
import vm from 'node:vm';

const RESOURCES = new URL(
	'../../luci/luci-proto-pywg/htdocs/luci-static/resources/', import.meta.url);
const REQUIRE = /^'require (\S+)(?: as (\S+))?';$/gm;

export class Realm {
	/* words: what a text is in the language of the user. */
	constructor(words = {}) {
		this.words = words;
		this.classes = new Map([
			[ 'baseclass', baseclass() ], [ 'rpc', { declare: () => undefined } ],
			[ 'uci', {} ]
		]);
		this.context = vm.createContext({ _: text => this.words[text] ?? text });
		vm.runInContext(FORMAT, this.context);
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
		const parameters = [ 'window', 'document', 'L', ...needed.map(one => one.as) ];
		const factory = vm.runInContext(
			`(function(${parameters.join(', ')}) { ${source} })`, this.context,
			{ filename: url.pathname });
		const modules = needed.map(one => this.require(one.module));

		return new (factory(undefined, undefined, undefined, ...modules))();
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

/* Of LuCI's String.prototype.format, what our modules use. */
const FORMAT = `String.prototype.format = function(...values) {
	let at = 0;

	return this.replace(/%[sd%]/g, mark => mark === '%%' ? '%' : String(values[at++]));
}`;

export function load(name, words) {
	return new Realm(words).require(name);
}

/* Objects of the modules' realm have other prototypes than the tests' own. */
export function plain(value) {
	return JSON.parse(JSON.stringify(value));
}
