'use strict';
'require baseclass';
'require pywg.element as element';
'require pywg.status.chart_data as chartData';
'require pywg.units as units';
'require pywg.widgets as widgets';

/*
 * The chart of a peer's rates in the last ten minutes: first the history that the
 * daemon recorded, then the rates from polled counters.
 */

const { create, shape } = element;

/* The view box; the style sheet scales it. */
const BOX = { width: 600, height: 100 };
/* The interval of the daemon's history, in seconds. */
const STEP = 10;

function gridLines() {
	return [ 0, 0.25, 0.5, 0.75, 1 ].map(part => shape('line', {
		'class': 'pywg-grid', x1: 0, x2: BOX.width,
		y1: part * BOX.height, y2: part * BOX.height
	}));
}

function legend(direction, label) {
	const rate = create('span', { 'class': 'pywg-value' });

	return {
		rate, node: create('span', { 'data-legend': direction }, [ label, ' ', rate ])
	};
}

function times() {
	return create('div', { 'class': 'pywg-times' }, chartData.timeTicks().map(tick =>
		create('small', {
			'style': `left:${100 * (1 - tick.age / chartData.SPAN)}%`
		}, tick.label)));
}

class RateChart {
	constructor() {
		this.series = chartData.series();
		this.isFilled = false;
		this.shapes = {
			rxArea: shape('path', { 'class': 'pywg-area', 'data-direction': 'rx' }),
			rx: shape('path', { 'class': 'pywg-line', 'data-direction': 'rx' }),
			tx: shape('path', { 'class': 'pywg-line', 'data-direction': 'tx' })
		};
		this.top = create('small', { 'class': 'pywg-top' });
		this.rx = legend('rx', _('Received'));
		this.tx = legend('tx', _('Sent'));
		this.node = this.draw();
	}

	draw() {
		this.svg = shape('svg', {
			'class': 'pywg-chart', 'role': 'img', 'preserveAspectRatio': 'none',
			'viewBox': `0 0 ${BOX.width} ${BOX.height}`
		});
		this.svg.append(...gridLines(), ...Object.values(this.shapes));

		return create('figure', { 'class': 'pywg-rate-chart' }, [
			create('figcaption', { 'class': 'pywg-legend' },
				[ this.rx.node, this.tx.node ]),
			create('div', { 'class': 'pywg-plot' }, [ this.top, this.svg ]),
			times()
		]);
	}

	update(history, peer, now) {
		if (!this.isFilled && history) {
			this.series.fill(now, history.rx, history.tx, STEP);
			this.isFilled = true;
		}

		this.series.add(now, peer.rx_bytes, peer.tx_bytes);
		this.show(now, peer);
	}

	show(now, peer) {
		const points = this.series.samples(now);
		const { top, ticks } = chartData.scale(this.series.greatest());

		this.shapes.rxArea.setAttribute('d', chartData.area(points, 'rx', top, BOX));
		this.shapes.rx.setAttribute('d', chartData.path(points, 'rx', top, BOX));
		this.shapes.tx.setAttribute('d', chartData.path(points, 'tx', top, BOX));
		this.showRates(points[points.length - 1], ticks[ticks.length - 1].label, peer);
	}

	showRates(last, top, peer) {
		const rates = [ last?.rx ?? peer.rx_rate, last?.tx ?? peer.tx_rate ]
			.map(units.rate);

		widgets.setText(this.top, top);
		widgets.setText(this.rx.rate, rates[0]);
		widgets.setText(this.tx.rate, rates[1]);
		this.svg.setAttribute('aria-label',
			_('Rates of the last ten minutes; ' +
				'currently %s received, %s sent').format(...rates));
	}
}

return baseclass.extend({
	/* Return { node, update }. update takes the history of a peer, if there is one, its
	   status, and the performance.now() at which they were received. */
	make() {
		return new RateChart();
	}
});
