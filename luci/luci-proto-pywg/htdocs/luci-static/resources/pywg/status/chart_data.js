'use strict';
'require baseclass';
'require pywg.units as units';

/*
 * The data of a chart of the last ten minutes: rates from counters, the scale, and the
 * geometry of the lines.
 *
 * Times are milliseconds of a monotonic clock (performance.now()), ages are seconds
 * before now, rates are bytes per second, or null where the rate is unknown.
 */

const SPAN = 600;
/* The rate of a longer interval, in milliseconds, is unknown: polling was suspended. */
const LONGEST_STEP = 90 * 1000;
/* A shorter interval, in milliseconds, gives no meaningful rate. */
const SHORTEST_STEP = 1000;
const TICKS = 4;
const NICE = [ 1, 2, 5, 10 ];
/* The scale of an empty chart: 1 kbit/s. */
const MIN_RATE = 125;
const MINUTES = [ 8, 6, 4, 2, 0 ];

class Series {
	constructor(span) {
		this.span = (span ?? SPAN) * 1000;
		this.points = [];
		this.before = null;
	}

	/* Set the rates that the daemon recorded, the oldest first, the last one now. */
	fill(now, rx, tx, step) {
		this.points = rx.map((rate, at) => ({
			at: now - (rx.length - 1 - at) * step * 1000, rx: rate, tx: tx[at]
		}));
	}

	/* Add the current counters, in bytes. */
	add(now, rx, tx) {
		const { before } = this;
		const elapsed = before ? now - before.at : 0;

		if (elapsed > 0 && elapsed < SHORTEST_STEP)
			return;

		this.before = { at: now, rx, tx };

		if (!before)
			return;

		if (elapsed <= 0)
			this.shift(elapsed);

		this.points.push({ at: now, ...rates(before, this.before) });
		this.points = this.points.filter(point => point.at >= now - this.span);
	}

	/* After the clock was set back, all points keep their ages. */
	shift(elapsed) {
		this.points.forEach(point => {
			point.at += elapsed;
		});
	}

	/* Return [{ age, rx, tx }], the oldest first. */
	samples(now) {
		return this.points.map(({ at, rx, tx }) => ({ age: (now - at) / 1000, rx, tx }))
			.filter(point => point.age * 1000 <= this.span);
	}

	/* Return the greatest rate of both directions. */
	greatest() {
		return Math.max(0, ...this.points.map(point => Math.max(point.rx, point.tx)));
	}
}

function rates(before, after) {
	const seconds = (after.at - before.at) / 1000;
	const isKnown = seconds > 0 && seconds * 1000 <= LONGEST_STEP &&
		after.rx >= before.rx && after.tx >= before.tx;

	return {
		rx: isKnown ? (after.rx - before.rx) / seconds : null,
		tx: isKnown ? (after.tx - before.tx) / seconds : null
	};
}

/* Ticks are round numbers of bits per second, so that their labels are short. */
function scale(greatest) {
	const bits = 8 * Math.max(greatest, MIN_RATE) / TICKS;
	const power = 10 ** Math.floor(Math.log10(bits));
	const step = NICE.find(nice => nice * power >= bits * (1 - 1e-9)) * power / 8;

	return {
		top: TICKS * step,
		ticks: Array.from({ length: TICKS + 1 }, (empty, at) =>
			({ value: at * step, label: at ? units.rate(at * step) : '0' }))
	};
}

function timeTicks() {
	return MINUTES.map(minutes => ({
		age: 60 * minutes,
		label: minutes ? _('-%d min').format(minutes) : _('now')
	}));
}

/* An unknown rate interrupts the line. */
function segments(points, direction) {
	const found = [ [] ];

	for (const point of points)
		if (point[direction] === null)
			found.push([]);
		else
			found[found.length - 1].push(point);

	return found.filter(segment => segment.length > 0);
}

function coordinates(segment, direction, top, box) {
	const span = box.span ?? SPAN;

	return segment.map(point => [
		box.width * (1 - point.age / span),
		box.height * (1 - Math.min(point[direction] / top, 1))
	].map(value => Number(value.toFixed(1))));
}

function line(points) {
	/* A single point needs a stroke of length zero to be visible. */
	const all = points.length === 1 ? [ points[0], points[0] ] : points;

	return 'M' + all.map(point => point.join(',')).join('L');
}

function path(points, direction, top, box) {
	return segments(points, direction)
		.map(segment => line(coordinates(segment, direction, top, box))).join('');
}

function area(points, direction, top, box) {
	return segments(points, direction).map(segment => {
		const corners = coordinates(segment, direction, top, box);
		const first = corners[0][0], last = corners[corners.length - 1][0];

		return `${line(corners)}L${last},${box.height}L${first},${box.height}Z`;
	}).join('');
}

return baseclass.extend({
	/* The time that a chart covers, in seconds. */
	SPAN,
	/* Return an empty Series that covers a number of seconds. */
	series: span => new Series(span),
	/* Return { top, ticks: [{ value, label }] } of the vertical axis for a greatest
	   rate. */
	scale,
	/* Return [{ age, label }] of the horizontal axis. */
	timeTicks,
	/*
	 * Return the data of an SVG path, as a line or as the closed area below it. Takes
	 * the samples of a series, 'rx' or 'tx', the top of the scale, and { width, height,
	 * span }.
	 */
	path,
	area
});
