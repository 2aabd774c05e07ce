// The Prometheus text of a node as numbers, and what follows from two readings.

/**
 * @typedef {{ labels: Record<string, string>, value: number }} Sample
 * @typedef {ReadonlyMap<string, readonly Sample[]>} Reading
 */

/**
 * @param {string} text
 * @returns {Reading}
 */
export function parseMetrics(text) {
  /** @type {Map<string, Sample[]>} */
  const reading = new Map();
  for (const line of text.split('\n')) {
    const [, name, labels = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    const samples = reading.get(name) ?? [];
    samples.push({
      labels: parseLabels(labels),
      value: Number(value === '+Inf' ? Number.POSITIVE_INFINITY : value),
    });
    reading.set(name, samples);
  }
  return reading;
}

/** @param {string} text */
function parseLabels(text) {
  /** @type {Record<string, string>} */
  const labels = {};
  for (const [, name, value] of text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g))
    if (name !== undefined && value !== undefined) labels[name] = value.replace(/\\(.)/g, '$1');
  return labels;
}

/**
 * The sum of all samples of a name.
 * @param {Reading} reading
 * @param {string} name
 */
export const total = (reading, name) => (reading.get(name) ?? []).reduce((sum, { value }) => sum + value, 0);

/**
 * How much a counter grew; one that went back began anew with its node.
 * @param {number} before
 * @param {number} after
 */
export const growth = (before, after) => (after < before ? after : after - before);

/**
 * Per second.
 * @param {Reading} before
 * @param {Reading} after
 * @param {string} name
 * @param {number} seconds
 */
export const rate = (before, after, name, seconds) =>
  growth(total(before, name), total(after, name)) / seconds;

/**
 * The quantile `q` of what a histogram took in between two readings, by linear interpolation within its bucket, as
 * Prometheus does; null where it took in nothing.
 * @param {Reading} before
 * @param {Reading} after
 * @param {string} name
 * @param {number} q
 * @param {(labels: Record<string, string>) => boolean} [wanted]
 * @returns {number | null}
 */
export function quantile(before, after, name, q, wanted = () => true) {
  const counts = bucketsOf(after, name, wanted);
  const old = bucketsOf(before, name, wanted);
  const buckets = [...counts]
    .map(([bound, value]) => ({ bound, value: growth(old.get(bound) ?? 0, value) }))
    .sort((a, b) => a.bound - b.bound);
  const all = buckets.at(-1)?.value ?? 0;
  if (all === 0) return null;
  const rank = q * all;
  let below = 0;
  let lower = 0;
  for (const { bound, value } of buckets) {
    if (value >= rank) {
      if (bound === Number.POSITIVE_INFINITY) return lower;
      return lower + ((bound - lower) * (rank - below)) / (value - below || 1);
    }
    below = value;
    lower = bound;
  }
  return lower;
}

/**
 * @param {Reading} reading
 * @param {string} name
 * @param {(labels: Record<string, string>) => boolean} wanted
 */
function bucketsOf(reading, name, wanted) {
  /** @type {Map<number, number>} */
  const buckets = new Map();
  for (const { labels, value } of reading.get(`${name}_bucket`) ?? []) {
    if (!wanted(labels)) continue;
    const bound = labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le);
    buckets.set(bound, (buckets.get(bound) ?? 0) + value);
  }
  return buckets;
}
