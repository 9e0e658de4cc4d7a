// A stacked picture of what was spent on each day. The tables beside it say the same in words.
import uPlot from 'uplot';
import { html, useEffect, useRef } from './view.js';

const HEIGHT = 220;
const BAR = uPlot.paths.bars({ size: [0.7, 28], gap: 1 });
const HUES = 6;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A colour as the theme has it now: what is written as light-dark() is resolved by an element. */
function resolved(name) {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

/** days: seconds since 1970; layers: [{name, values}], the lowest first. */
export function Chart({ days, layers, format, theme, label }) {
  const place = useRef();
  useEffect(() => {
    const plot = draw(place.current, days, layers, format);
    const watch = new ResizeObserver(([entry]) => plot.setSize({ width: Math.floor(entry.contentRect.width), height: HEIGHT }));
    watch.observe(place.current);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [days, layers, theme]);
  return html`<figure class="chart">
    <div ref=${place} role="img" aria-label=${label} />
    <figcaption>${layers.map((layer, i) => html`<span class=${`key hue-${i % HUES}`}>${layer.name}</span>`)}</figcaption>
  </figure>`;
}

function draw(place, days, layers, format) {
  const axis = { stroke: resolved('--soft'), grid: { stroke: resolved('--rule'), width: 1 }, ticks: { show: false }, font: `12px ${colour('--sans')}` };
  const sums = stacked(layers, days.length);
  const order = layers.map((_, i) => i).reverse(); // the whole first, then what lies before it
  return new uPlot({
    width: Math.max(200, Math.floor(place.clientWidth)), height: HEIGHT,
    legend: { show: false }, cursor: { show: false }, select: { show: false },
    scales: { x: { time: true, range: (_, min, max) => [min - 43_200, max + 43_200] }, y: { range: (_, min, max) => [0, max > 0 ? max * 1.08 : 1] } },
    axes: [{ ...axis, grid: { show: false }, values: (_, ticks) => ticks.map(day) }, { ...axis, size: 96, values: (_, ticks) => ticks.map(format) }],
    series: [{}, ...order.map((i) => ({ paths: BAR, points: { show: false }, fill: resolved(`--hue-${i % HUES}`), width: 0 }))],
    tzDate: (s) => uPlot.tzDate(new Date(s * 1000), 'UTC'),
  }, [days, ...order.map((i) => sums[i])], place);
}

const day = (s) => new Date(s * 1000).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });

function stacked(layers, length) {
  const sum = new Array(length).fill(0);
  return layers.map((layer) => layer.values.map((value, i) => (sum[i] += value)));
}
