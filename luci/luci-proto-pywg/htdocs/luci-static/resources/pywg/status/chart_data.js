'use strict';
'require baseclass';
'require pywg.units as units';

/*
 * The rates of the last ten minutes as a chart: what to draw, as numbers and text.
 *
 * Times are milliseconds of any clock that goes on (performance.now()); ages are
 * seconds before now, rates bytes a second; null where nothing is known.
 */

const SPAN = 600;
/* Longer than that nobody looked, or the clock was set: nothing is known of it. */
const LONGEST_STEP = 90 * 1000;
/* Of so short a time, a rate says nothing. */
const SHORTEST_STEP = 1000;
const TICKS = 4;
const NICE = [ 1, 2, 5, 10 ];
/* An empty chart has a scale too: 1 kbit/s. */
const LEAST = 125;
const MINUTES = [ 8, 6, 4, 2, 0 ];

class Series {
	constructor(span) {
		this.span = (span ?? SPAN) * 1000;
		this.points = [];
		this.before = null;
	}

	/* What the router remembers: rates, the oldest first, the last of them now. */
	fill(now, rx, tx, step) {
		this.points = rx.map((rate, at) => ({
			at: now - (rx.length - 1 - at) * step * 1000, rx: rate, tx: tx[at]
		}));
	}

	/* The counters as they are now. */
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

	/* The clock was set back: what is drawn keeps its distance from now. */
	shift(elapsed) {
		this.points.forEach(point => {
			point.at += elapsed;
		});
	}

	/* [{ age, rx, tx }], the oldest first. */
	seen(now) {
		return this.points.map(({ at, rx, tx }) => ({ age: (now - at) / 1000, rx, tx }))
			.filter(point => point.age * 1000 <= this.span);
	}

	/* The greatest rate of either way. */
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

/* Ticks are whole numbers of bits, so that their labels are short. */
function scale(greatest) {
	const bits = 8 * Math.max(greatest, LEAST) / TICKS;
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

/* Where nothing is known, the line ends and another begins. */
function pieces(points, way) {
	const found = [ [] ];

	for (const point of points)
		if (point[way] === null)
			found.push([]);
		else
			found[found.length - 1].push(point);

	return found.filter(piece => piece.length > 0);
}

function placed(piece, way, top, box) {
	const span = box.span ?? SPAN;

	return piece.map(point => [
		box.width * (1 - point.age / span),
		box.height * (1 - Math.min(point[way] / top, 1))
	].map(value => Number(value.toFixed(1))));
}

function line(places) {
	/* A lone point is a short stroke, or it would not be seen. */
	const all = places.length === 1 ? [ places[0], places[0] ] : places;

	return 'M' + all.map(place => place.join(',')).join('L');
}

function path(points, way, top, box) {
	return pieces(points, way)
		.map(piece => line(placed(piece, way, top, box))).join('');
}

function area(points, way, top, box) {
	return pieces(points, way).map(piece => {
		const places = placed(piece, way, top, box);
		const first = places[0][0], last = places[places.length - 1][0];

		return `${line(places)}L${last},${box.height}L${first},${box.height}Z`;
	}).join('');
}

return baseclass.extend({
	SPAN,
	/* Seconds to remember -> a Series: fill, add, seen, greatest as above. */
	series: span => new Series(span),
	/* The greatest rate -> { top, ticks: [{ value, label }] } of the upright axis. */
	scale,
	/* [{ age, label }] of the other axis. */
	timeTicks,
	/*
	 * What a series has seen, 'rx' or 'tx', the top of the scale, { width, height, span
	 * } -> the data of an SVG path: the line alone, and closed at the bottom.
	 */
	path,
	area
});
