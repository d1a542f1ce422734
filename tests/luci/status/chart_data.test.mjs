/* Rates from counters, and the geometry of the chart. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { load, plain } from '../luci.mjs';

const chartData = load('pywg.status.chart_data');
const SECOND = 1000;

function seriesOf(...samples) {
	const series = chartData.series();

	for (const [ seconds, rx, tx ] of samples)
		series.add(seconds * SECOND, rx, tx);

	return series;
}

function samples(series, seconds) {
	return plain(series.samples(seconds * SECOND))
		.map(({ age, rx, tx }) => [ age, rx, tx ]);
}

test('rate is the difference of two counters over time', () => {
	const series = seriesOf([ 0, 1000, 500 ], [ 5, 6000, 500 ], [ 10, 6000, 1000 ]);

	assert.deepEqual(samples(series, 10), [ [ 5, 1000, 0 ], [ 0, 0, 100 ] ]);
	assert.equal(series.greatest(), 1000);
});

test('single sample gives no rate', () => {
	assert.deepEqual(samples(seriesOf([ 0, 1000, 500 ]), 1), []);
});

test('sample after less than a second is ignored', () => {
	const series = seriesOf([ 0, 0, 0 ], [ 0.3, 900, 0 ], [ 5, 1000, 50 ]);

	assert.deepEqual(samples(series, 5), [ [ 0, 200, 10 ] ]);
});

test('rate is averaged over a gap, and unknown after a long one', () => {
	const series = seriesOf([ 0, 0, 0 ], [ 60, 6000, 60 ], [ 160, 9000, 90 ]);

	assert.deepEqual(samples(series, 160), [ [ 100, 100, 1 ], [ 0, null, null ] ]);
});

test('rate is unknown after a counter reset', () => {
	const series = seriesOf([ 0, 9000, 9000 ], [ 5, 10, 9500 ], [ 10, 510, 9500 ]);

	assert.deepEqual(samples(series, 10), [ [ 5, null, null ], [ 0, 100, 0 ] ]);
});

test('points keep their ages when the clock is set back', () => {
	const series = seriesOf(
		[ 1000, 0, 0 ], [ 1005, 500, 0 ], [ 500, 600, 0 ], [ 505, 700, 0 ]);

	assert.deepEqual(samples(series, 505),
		[ [ 5, 100, 0 ], [ 5, null, null ], [ 0, 20, 0 ] ]);
});

test('samples older than ten minutes are removed', () => {
	const series = chartData.series();

	for (let seconds = 0; seconds <= 2000; seconds += 10)
		series.add(seconds * SECOND, seconds, 0);

	assert.equal(series.points.length, 61);
	assert.equal(samples(series, 2000)[0][0], 600);
	assert.deepEqual(samples(series, 9000), []);
});

test('history of the daemon precedes the samples', () => {
	const series = chartData.series();

	series.fill(100 * SECOND, [ 1, 2, 3 ], [ 4, 5, 6 ], 10);
	series.add(101 * SECOND, 0, 0);
	series.add(106 * SECOND, 50, 5);

	assert.deepEqual(samples(series, 106),
		[ [ 26, 1, 4 ], [ 16, 2, 5 ], [ 6, 3, 6 ], [ 0, 10, 1 ] ]);
});

/* The greatest rate in bytes per second; the top of the scale and its label. */
const SCALES = [
	[ 0, 250, '2 kbit/s' ],
	[ 1, 250, '2 kbit/s' ],
	[ 250, 250, '2 kbit/s' ],
	[ 251, 500, '4 kbit/s' ],
	[ 1e6, 1e6, '8 Mbit/s' ],
	[ 1.1e6, 2.5e6, '20 Mbit/s' ],
	[ 12.5e6, 25e6, '200 Mbit/s' ],
	[ 1.25e8, 2.5e8, '2 Gbit/s' ]
];

for (const [ greatest, top, label ] of SCALES)
	test(`scale for ${greatest} bytes per second ends at ${label}`, () => {
		const scale = chartData.scale(greatest);
		const last = scale.ticks[scale.ticks.length - 1];

		assert.equal(scale.top, top);
		assert.deepEqual(plain(last), { value: top, label });
		assert.deepEqual(plain(scale.ticks[0]), { value: 0, label: '0' });
		assert.ok(scale.top >= greatest);
	});

test('path is interrupted at unknown rates', () => {
	const points = [
		{ age: 600, rx: 0 }, { age: 450, rx: 50 }, { age: 300, rx: null },
		{ age: 150, rx: 200 }, { age: 0, rx: 100 }
	];
	const box = { width: 400, height: 100 };

	assert.equal(chartData.path(points, 'rx', 100, box), 'M0,100L100,50M300,0L400,0');
	assert.equal(chartData.area(points, 'rx', 100, box),
		'M0,100L100,50L100,100L0,100ZM300,0L400,0L400,100L300,100Z');
	assert.equal(chartData.path([], 'rx', 100, box), '');
});

test('single point is visible', () => {
	assert.equal(
		chartData.path([ { age: 0, tx: 50 } ], 'tx', 100, { width: 10, height: 10 }),
		'M10,5L10,5');
});

test('time axis ends now', () => {
	const ticks = plain(chartData.timeTicks());

	assert.deepEqual(ticks.map(tick => tick.age), [ 480, 360, 240, 120, 0 ]);
	assert.deepEqual(ticks.map(tick => tick.label),
		[ '-8 min', '-6 min', '-4 min', '-2 min', 'now' ]);
});
