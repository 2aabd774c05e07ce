// A plot over time, with its newest values as text.
import { useEffect, useRef, useState } from './vendor/hooks.js';
import uPlot from './vendor/uplot.js';
import { html } from './view.js';

const HEIGHT = 170;
const SECONDS_LEAST = 60;

/** @param {string} name of a property of the style sheet */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** @param {{ title: string, unit: (value: number) => string, names: readonly string[], times: readonly number[], columns: readonly (readonly (number | null)[])[] }} props */
export function Chart({ title, unit, names, times, columns }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const plot = useRef(/** @type {uPlot | undefined} */ (undefined));
  const scheme = useScheme();
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const made = new uPlot(
      optionsOf(unit, names, element.clientWidth),
      [[...times], ...columns.map((column) => [...column])],
      element,
    );
    plot.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      made.destroy();
    };
  }, [scheme]);
  useEffect(
    () => plot.current?.setData([[...times], ...columns.map((column) => [...column])]),
    [times, scheme],
  );
  return html`<figure class="panel chart">
    <figcaption>
      <h2>${title}</h2>
      <p>${names.map((name, at) => {
        const newest = columns[at]?.at(-1);
        return html`<span key=${name} class=${`line-${at}`}><i aria-hidden="true"></i>${name} <strong>${newest === null || newest === undefined ? '–' : unit(newest)}</strong></span>`;
      })}</p>
    </figcaption>
    <div ref=${box} class="plot" aria-hidden="true"></div>
  </figure>`;
}

/** Changes when the colours do. */
function useScheme() {
  const [dark, setDark] = useState(matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const change = () => setDark(query.matches);
    query.addEventListener('change', change);
    return () => query.removeEventListener('change', change);
  }, []);
  return dark;
}

/**
 * @param {(value: number) => string} unit
 * @param {readonly string[]} names
 * @param {number} width
 * @returns {uPlot.Options}
 */
function optionsOf(unit, names, width) {
  const axis = {
    stroke: colour('--quiet'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui',
  };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { range: (_plot, first, last) => [first, Math.max(last, first + SECONDS_LEAST)] },
      y: { range: (_plot, _least, most) => [0, most > 0 ? most * 1.15 : 1] },
    },
    axes: [
      {
        ...axis,
        values: (_plot, splits) => splits.map((at) => new Date(at * 1000).toTimeString().slice(0, 8)),
        space: 90,
      },
      { ...axis, size: 74, values: (_plot, splits) => splits.map(unit) },
    ],
    series: [
      {},
      ...names.map((_name, at) => ({
        stroke: colour(`--line-${at}`),
        width: 1.6,
        spanGaps: false,
        points: { show: false },
      })),
    ],
  };
}
