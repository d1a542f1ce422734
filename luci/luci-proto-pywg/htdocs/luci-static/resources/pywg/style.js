'use strict';
'require baseclass';

/* One style sheet for all pages, in the theme's own colours. */

const ID = 'pywg-style';

return baseclass.extend({
	load() {
		if (!document.getElementById(ID))
			document.head.appendChild(E('link', {
				'id': ID, 'rel': 'stylesheet', 'href': L.resource('pywg/pywg.css')
			}));
	}
});
