'use strict';
'require baseclass';

/*
 * The base64 text of keys, as in wg(8). Keys are generated on the router; no message
 * contains one.
 */

const LENGTH = 44;
/* The last digit of 32 bytes has two zero bits, and one '=' follows. The slash is
   escaped because xgettext would take it for the end of the expression. */
const KEY = /^[A-Za-z0-9+\x2f]{42}[AEIMQUYcgkosw048]=$/;
const SHOWN = 8;

function reason(text) {
	if (text.length !== LENGTH)
		return _('a key has %d base64 characters, not %d').format(
			LENGTH, text.length);

	return KEY.test(text) ? '' : _('not a valid base64 key');
}

return baseclass.extend({
	/* Return whether a value is a key, not 'generate' or the name of a stored key. */
	isKey: text => KEY.test(text ?? ''),
	/* Return the reason why a text is not a key; '' if it is a key. */
	reason,
	/* Return the first characters of a public key, to distinguish peers. */
	short(text) {
		return text.length > SHOWN ? text.slice(0, SHOWN) + '…' : text;
	}
});
