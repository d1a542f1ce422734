'use strict';
'require baseclass';

/*
 * Keys as wg(8) writes them. They are made on the router; here is only their text, and
 * no message repeats it.
 */

const LENGTH = 44;
/* 32 bytes end in a digit whose last two bits are zero, and one '='. A slash as such
   would end the expression for xgettext. */
const KEY = /^[A-Za-z0-9+\x2f]{42}[AEIMQUYcgkosw048]=$/;
const SHOWN = 8;

function reason(text) {
	if (text.length !== LENGTH)
		return _('a key has %d base64 characters, this has %d').format(
			LENGTH, text.length);

	return KEY.test(text) ? '' : _('not the base64 form of a key');
}

return baseclass.extend({
	/* Whether a value is a key itself, not 'generate' or the name of a kept one. */
	isKey: text => KEY.test(text ?? ''),
	/* Why a text is not a key; '' if it is one. */
	reason,
	/* The beginning of a public key, to tell peers apart. */
	short(text) {
		return text.length > SHOWN ? text.slice(0, SHOWN) + '…' : text;
	}
});
