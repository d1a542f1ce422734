/* The rules of LuCI's own modules, and a few stricter ones. */

import { readFileSync, readdirSync } from 'node:fs';

import js from '@eslint/js';
import json from '@eslint/json';
import { defineConfig } from 'eslint/config';
import globals from 'globals';

import html from './html.mjs';

/* The globals of every LuCI module. */
const GIVEN = [ '_', 'N_', 'L', 'E', 'TR', 'window', 'document' ];
const RESOURCES = 'luci/luci-proto-pywg/htdocs/luci-static/resources';
const REQUIRE = /^'require (\S+?)(?: as (\w+))?';$/gm;
const MODULES = readdirSync(RESOURCES, { recursive: true })
	.filter(name => name.endsWith('.js')).map(name => `${RESOURCES}/${name}`);

function readonly(names) {
	return Object.fromEntries(names.map(name => [ name, 'readonly' ]));
}

/* The names that a module's directives define, in that module alone. */
function required(path) {
	return [ ...readFileSync(path, 'utf8').matchAll(REQUIRE) ]
		.map(([ , module, name ]) => name ?? module.replace(/\W/g, '_'));
}

export default defineConfig([
	{
		files: [ 'luci/**/*.json', 'tests/luci/**/*.json' ],
		plugins: { json },
		language: 'json/json',
		extends: [ 'json/recommended' ],
		rules: { 'json/no-duplicate-keys': 'error' }
	},
	{
		files: [ 'luci/**/*.js' ],
		plugins: { js, html },
		extends: [ 'js/recommended' ],
		languageOptions: {
			sourceType: 'script',
			ecmaVersion: 2026,
			globals: { ...globals.browser, ...readonly(GIVEN) },
			parserOptions: { ecmaFeatures: { globalReturn: true } }
		},
		rules: {
			'strict': 'off',
			'no-prototype-builtins': 'off',
			'no-empty': 'off',
			'no-regex-spaces': 'off',
			'no-control-regex': 'off',
			'no-undef': 'error',
			'no-unused-vars': [ 'error', {
				caughtErrors: 'none', ignoreRestSiblings: true,
				varsIgnorePattern: '^empty$', argsIgnorePattern: '^empty$'
			} ],
			'no-var': 'error',
			'prefer-const': 'error',
			'no-eval': 'error',
			'no-implied-eval': 'error',
			'no-new-func': 'error',
			'no-script-url': 'error',
			'html/nodes': 'error',
			'html/forms': 'error',
			'max-len': [ 'error', { code: 88, tabWidth: 4 } ],
			'max-lines-per-function': [ 'error', 60 ]
		}
	},
	...MODULES.map(path => ({
		files: [ path ], languageOptions: { globals: readonly(required(path)) }
	})),
	{
		files: [ 'luci/**/*.mjs', 'tests/luci/**/*.mjs' ],
		plugins: { js },
		extends: [ 'js/recommended' ],
		languageOptions: {
			sourceType: 'module', ecmaVersion: 2026, globals: globals.nodeBuiltin
		}
	}
]);
