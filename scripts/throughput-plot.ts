// The picture that the demo makes: deposits acknowledged per second, across the kill and return of a node.

export interface Mark {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly text: string;
}

export interface Throughput {
  readonly title: string;
  readonly startedAt: number;
  readonly endedAt: number;
  /** When each acknowledgement arrived, in any order; epoch milliseconds. */
  readonly acknowledgedAt: readonly number[];
  readonly marks: readonly Mark[];
}

const BUCKET_MS = 250;
const WIDTH = 800;
const HEIGHT = 300;
const LEFT = 56;
const RIGHT = 16;
const TOP = 64;
const BOTTOM = 44;

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #57606a }
  .title { font-size: 15px; font-weight: 600; fill: #1f2328 }
  .rate { fill: #0969da; fill-opacity: .25; stroke: #0969da; stroke-width: 1.5; stroke-linejoin: round }
  .grid { stroke: #d0d7de; stroke-width: 1 }
  .mark { stroke: #cf222e; stroke-width: 1.5; stroke-dasharray: 4 3 }
  .note { fill: #cf222e }
  .back { fill: #ffffff }
  @media (prefers-color-scheme: dark) {
    text { fill: #9198a1 } .title { fill: #f0f6fc } .rate { fill: #4493f8; stroke: #4493f8 }
    .grid { stroke: #3d444d } .mark { stroke: #ff7b72 } .note { fill: #ff7b72 } .back { fill: #0d1117 }
  }`;

/** Acknowledgements per second in each whole quarter of a second. */
export function ratesOf({ startedAt, endedAt, acknowledgedAt }: Throughput): number[] {
  const counts = new Array<number>(Math.max(1, Math.floor((endedAt - startedAt) / BUCKET_MS))).fill(0);
  for (const at of acknowledgedAt) {
    const bucket = Math.floor((at - startedAt) / BUCKET_MS);
    if (bucket >= 0 && bucket < counts.length) counts[bucket]! += 1;
  }
  return counts.map((count) => (count * 1000) / BUCKET_MS);
}

/** The plot as an SVG document, for light and for dark. */
export function throughputPlot(throughput: Throughput): string {
  const rates = ratesOf(throughput);
  const seconds = (rates.length * BUCKET_MS) / 1000;
  const step = roundStep(Math.max(1, ...rates) / 3);
  const top = Math.ceil(Math.max(1, ...rates) / step) * step;
  const x = (second: number) => round(LEFT + (second / seconds) * (WIDTH - LEFT - RIGHT));
  const y = (rate: number) => round(HEIGHT - BOTTOM - (rate / top) * (HEIGHT - TOP - BOTTOM));
  const outline = rates.flatMap((rate, at) => {
    const second = (at * BUCKET_MS) / 1000;
    return [`${x(second)},${y(rate)}`, `${x(second + BUCKET_MS / 1000)},${y(rate)}`];
  });
  const grid = upTo(top, step).flatMap((rate) => [
    `<line class="grid" x1="${LEFT}" y1="${y(rate)}" x2="${WIDTH - RIGHT}" y2="${y(rate)}"/>`,
    `<text x="${LEFT - 8}" y="${y(rate) + 4}" text-anchor="end">${rate}</text>`,
  ]);
  const times = upTo(seconds, roundStep(seconds / 10)).map(
    (second) => `<text x="${x(second)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${second} s</text>`,
  );
  const marks = throughput.marks.flatMap(({ at, text }) => {
    const second = (at - throughput.startedAt) / 1000;
    return [
      `<line class="mark" x1="${x(second)}" y1="${TOP - 10}" x2="${x(second)}" y2="${HEIGHT - BOTTOM}"/>`,
      `<text class="note" x="${x(second)}" y="${TOP - 15}" text-anchor="middle">${plain(text)}</text>`,
    ];
  });
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    `<title>${plain(throughput.title)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="back" width="${WIDTH}" height="${HEIGHT}"/>`,
    `<text class="title" x="${LEFT}" y="24">${plain(throughput.title)}</text>`,
    ...grid,
    `<polygon class="rate" points="${x(0)},${y(0)} ${outline.join(' ')} ${x(seconds)},${y(0)}"/>`,
    ...times,
    ...marks,
    '</svg>',
  ].join('\n')}\n`;
}

/** 1, 2 or 5 times a power of ten, at least `least`. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((times) => times * power).find((step) => step >= least)!;
}

function upTo(end: number, step: number): number[] {
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, at) => round(at * step));
}

const round = (value: number): number => Math.round(value * 10) / 10;

const plain = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
