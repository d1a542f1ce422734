'use strict';
'require baseclass';

/* Figures as people read them. */

const BINARY = [ 'B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB' ];
const DECIMAL = [ 'bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s' ];
const MINUTE = 60, HOUR = 3600, DAY = 86400;

/* Three digits at most, but for those before the point. */
function digits(value) {
	return String(Number(value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)));
}

function scaled(value, step, units) {
	let at = 0;

	/* What would be rounded up to a whole step is written as one of the next unit. */
	while (Math.round(value) >= step && at < units.length - 1) {
		value /= step;
		at++;
	}

	return `${digits(value)} ${units[at]}`;
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
	/* Bytes -> '1.5 MiB'. */
	bytes: count => scaled(count, 1024, BINARY),
	/* Bytes a second -> '12 Mbit/s'. */
	rate: bytes => scaled(8 * bytes, 1000, DECIMAL),
	/* Seconds -> '90 s', '5 min', '3 h', '4 d'. */
	duration,
	/* Seconds since something was, null for never -> '5 min ago'. */
	ago: seconds => seconds === null
		? _('never') : _('%s ago').format(duration(seconds))
});
