// How a measurement is kept and shown.

export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** The machine's raw limit, taken in the same run; null where the bar is a plain number. */
  readonly limit: number | null;
  /** Of the median to the limit; null where there is no limit. */
  readonly ratio: number | null;
}

/**
 * `ratio`: at least, or at most, this ratio to the raw limit. `value`: the median (or `max`) is at most this.
 * `none`: the row only tells.
 */
export type Bar =
  | { readonly kind: 'ratio-at-least'; readonly bound: number }
  | { readonly kind: 'ratio-at-most'; readonly bound: number }
  | { readonly kind: 'median-at-most'; readonly bound: number }
  | { readonly kind: 'max-at-most'; readonly bound: number }
  | { readonly kind: 'none' };

export interface Measured extends Row {
  readonly bar: Bar;
  readonly met: boolean;
  /** What the limit is, and anything else that a reader needs. */
  readonly note: string;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The value below which the fraction `q` of the values lies. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

export function measured(
  name: string,
  unit: string,
  values: readonly number[],
  limit: number | null,
  bar: Bar,
  note: string,
): Measured {
  const row = {
    name,
    unit,
    median: round(median(values)),
    min: round(Math.min(...values)),
    max: round(Math.max(...values)),
    limit: limit === null ? null : round(limit),
    ratio: limit === null ? null : round(median(values) / limit),
  };
  return { ...row, bar, met: meets(row, bar), note };
}

function meets(row: Row, bar: Bar): boolean {
  if (bar.kind === 'none') return true;
  if (bar.kind === 'ratio-at-least') return (row.ratio ?? Number.NaN) >= bar.bound;
  if (bar.kind === 'ratio-at-most') return (row.ratio ?? Number.NaN) <= bar.bound;
  return (bar.kind === 'median-at-most' ? row.median : row.max) <= bar.bound;
}

export function describeBar(bar: Bar): string {
  if (bar.kind === 'none') return '';
  if (bar.kind === 'ratio-at-least') return `≥ ${bar.bound} of the limit`;
  if (bar.kind === 'ratio-at-most') return `≤ ${bar.bound} × the limit`;
  return bar.kind === 'median-at-most' ? `median ≤ ${bar.bound}` : `max ≤ ${bar.bound}`;
}

/** Three significant digits at least; no more than three decimals. */
function round(value: number): number {
  return Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toFixed(3));
}

export function formatRows(rows: readonly Measured[]): string {
  const cells = [
    ['', 'unit', 'median', 'min', 'max', 'raw limit', 'ratio', 'bar', ''],
    ...rows.map((row) => [
      row.name,
      row.unit,
      number(row.median),
      number(row.min),
      number(row.max),
      row.limit === null ? '' : number(row.limit),
      row.ratio === null ? '' : String(row.ratio),
      describeBar(row.bar),
      row.bar.kind === 'none' ? '' : row.met ? 'met' : 'MISSED',
    ]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  return cells
    .map((line) =>
      line
        .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const number = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 3 });
