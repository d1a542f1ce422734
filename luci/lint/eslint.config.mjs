/* The rules of LuCI's own modules, and a few stricter ones. */

import { readFileSync, readdirSync } from 'node:fs';

import js from '@eslint/js';
import json from '@eslint/json';
import { defineConfig } from 'eslint/config';
import globals from 'globals';

/* The globals of every LuCI module, and the LuCI modules that ours require. */
const GIVEN = [ '_', 'N_', 'L', 'E', 'TR', 'window', 'document' ];
const REQUIRED = [
	'baseclass', 'dom', 'firewall', 'form', 'fs', 'network', 'poll', 'request', 'rpc',
	'session', 'uci', 'ui', 'uqr', 'validation', 'view', 'widgets'
];
/* The names that our modules are required as. */
const RESOURCES = 'luci/luci-proto-pywg/htdocs/luci-static/resources';
const REQUIRE = /^'require pywg\.\S+ as (\w+)';$/gm;
const OURS = readdirSync(RESOURCES, { recursive: true })
	.filter(name => name.endsWith('.js'))
	.map(name => readFileSync(`${RESOURCES}/${name}`, 'utf8'))
	.flatMap(source => [ ...source.matchAll(REQUIRE) ].map(([ , name ]) => name));

function readonly(names) {
	return Object.fromEntries(names.map(name => [ name, 'readonly' ]));
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
		plugins: { js },
		extends: [ 'js/recommended' ],
		languageOptions: {
			sourceType: 'script',
			ecmaVersion: 2026,
			globals: {
				...globals.browser, ...readonly(GIVEN), ...readonly(REQUIRED),
				...readonly(OURS)
			},
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
			'max-len': [ 'error', { code: 88, tabWidth: 4 } ],
			'max-lines-per-function': [ 'error', 60 ]
		}
	},
	{
		files: [ 'luci/**/*.mjs', 'tests/luci/**/*.mjs' ],
		plugins: { js },
		extends: [ 'js/recommended' ],
		languageOptions: {
			sourceType: 'module', ecmaVersion: 2026, globals: globals.nodeBuiltin
		}
	}
]);
