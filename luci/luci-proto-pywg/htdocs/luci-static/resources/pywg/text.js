'use strict';
'require baseclass';

return baseclass.extend({
	/* A node that shows a text, or is not there if that is empty; touched only if
	   anything changes, so that nobody's selection is lost. */
	set(node, text) {
		if (node.textContent !== text)
			node.textContent = text;

		if (node.hidden === Boolean(text))
			node.hidden = !text;
	}
});
