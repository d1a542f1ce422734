'use strict';
'require baseclass';

/* Amounts, rates and durations as text. */

const BINARY = [ 'B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB' ];
const DECIMAL = [ 'bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s' ];
const MINUTE = 60, HOUR = 3600, DAY = 86400;

/* At most three significant digits, but all digits before the decimal point. */
function digits(value) {
	return String(Number(value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)));
}

function scaled(value, step, units) {
	let unit = 0;

	/* Rounded, so that 1023.9 KiB is 1 MiB. */
	while (Math.round(value) >= step && unit < units.length - 1) {
		value /= step;
		unit++;
	}

	return `${digits(value)} ${units[unit]}`;
}

function duration(seconds) {
	if (seconds < 2 * MINUTE)
		return _('%d s').format(seconds);

	if (seconds < 2 * HOUR)
		return _('%d min').format(Math.floor(seconds / MINUTE));

	if (seconds < 2 * DAY)
		return _('%d h').format(Math.floor(seconds / HOUR));

	return _('%d d').format(Math.floor(seconds / DAY));
}

return baseclass.extend({
	/* Return a number of bytes as text, such as '1.5 MiB'. */
	bytes: count => scaled(count, 1024, BINARY),
	/* Return a rate in bytes per second as text, such as '12 Mbit/s'. */
	rate: bytes => scaled(8 * bytes, 1000, DECIMAL),
	/* Return a duration in seconds as text, such as '90 s', '5 min', '3 h' or '4 d'. */
	duration,
	/* Return the age of an event in seconds, null for never, as text: '5 min ago'. */
	ago: seconds => seconds === null
		? _('never') : _('%s ago').format(duration(seconds))
});
