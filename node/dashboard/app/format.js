// Numbers, times and values as people read them.

/** @import { Json } from './api-types.d.ts' */

const DIGITS = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** @param {number} n */
export const count = (n) => DIGITS.format(n);

/**
 * One and many: `plural(1, 'shard')` is "1 shard".
 * @param {number} n
 * @param {string} noun
 * @param {string} [many]
 */
export const plural = (n, noun, many = `${noun}s`) => `${count(n)} ${n === 1 ? noun : many}`;

/** @param {number} bytes */
export function bytes(bytes) {
  let unit = 0;
  while (bytes >= 1024 && unit < 4) {
    bytes /= 1024;
    unit++;
  }
  return `${bytes >= 100 || unit === 0 ? Math.round(bytes) : Number(bytes.toFixed(1))} ${['B', 'KiB', 'MiB', 'GiB', 'TiB'][unit]}`;
}

/**
 * In the largest two units that say something: "1 h 5 min", "3.2 s", "12 ms".
 * @param {number} ms
 */
export function duration(ms) {
  if (ms < 1) return ms <= 0 ? '0 ms' : `${Number(ms.toFixed(2))} ms`;
  if (ms < 1000) return `${Number(ms.toPrecision(3))} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${Number(seconds.toFixed(seconds < 10 ? 1 : 0))} s`;
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [Math.floor(seconds) % 60, 's'],
  ];
  const first = parts.findIndex(([n]) => n !== 0);
  return parts
    .slice(first, first + 2)
    .filter(([n]) => n !== 0)
    .map(([n, unit]) => `${n} ${unit}`)
    .join(' ');
}

/**
 * A moment beside now: "3 s ago", "in 2 min", "now".
 * @param {number} millis
 * @param {number} now
 */
export function moment(millis, now) {
  const away = millis - now;
  if (Math.abs(away) < 1000) return 'now';
  return away < 0 ? `${duration(-away)} ago` : `in ${duration(away)}`;
}

/**
 * The time of day, with the date where it is not today's.
 * @param {number} millis
 * @param {number} now
 */
export function clock(millis, now) {
  const date = new Date(millis);
  const pad = (/** @type {number} */ n, width = 2) => String(n).padStart(width, '0');
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`;
  return new Date(now).toDateString() === date.toDateString() ? time : `${day} ${time}`;
}

/** Those that are no number in JSON. */
const FLOATS = new Map([
  ['NaN', '#nan'],
  ['Infinity', '#inf'],
  ['-Infinity', '#-inf'],
]);

const MARKS = new Set(['$int', '$float', '$bytes', '$sym', '$map', '$variant']);

/**
 * What a piece of JSON stands for: see the table in docs/OPERATIONS.md.
 * @param {Json} json
 * @returns {{ kind: 'plain', text: string, type: string }
 *   | { kind: 'list', items: Json[] }
 *   | { kind: 'map', entries: [Json, Json][] }
 *   | { kind: 'variant', tag: string, fields: Json[] }}
 */
export function readValue(json) {
  if (json === null) return plain('null', 'nothing');
  if (typeof json === 'string') return plain(JSON.stringify(json), 'String');
  if (typeof json === 'number') return plain(String(json), Number.isInteger(json) ? 'Int' : 'Float');
  if (typeof json === 'boolean') return plain(String(json), 'Bool');
  if (Array.isArray(json)) return { kind: 'list', items: json };
  const entries = Object.entries(json);
  const [name, content] = entries[0] ?? [];
  if (entries.length === 1 && name !== undefined && content !== undefined) {
    if (MARKS.has(name)) return readMarked(name, content);
    if (Array.isArray(content)) return variant(name, content);
  }
  return { kind: 'map', entries: /** @type {[Json, Json][]} */ (entries) };
}

const plain = (/** @type {string} */ text, /** @type {string} */ type) =>
  /** @type {const} */ ({ kind: 'plain', text, type });

const variant = (/** @type {string} */ tag, /** @type {Json[]} */ fields) =>
  /** @type {const} */ ({ kind: 'variant', tag, fields });

/**
 * @param {string} mark
 * @param {Json} content
 * @returns {ReturnType<typeof readValue>}
 */
function readMarked(mark, content) {
  if (mark === '$map') return { kind: 'map', entries: /** @type {[Json, Json][]} */ (content) };
  if (mark === '$variant') {
    const [tag, ...fields] = /** @type {[string, ...Json[]]} */ (content);
    return variant(tag, fields);
  }
  if (mark === '$sym') return plain(`:${content}`, 'Symbol');
  if (mark === '$bytes') return plain(`#x"${content}"`, 'Bytes');
  if (mark === '$float') {
    const text = FLOATS.get(String(content)) ?? String(content);
    return plain(/[.e#]/.test(text) ? text : `${text}.0`, 'Float');
  }
  return plain(String(content), 'Int');
}

/**
 * A value in message notation, cut to `most` characters.
 * @param {Json} json
 * @param {number} [most]
 */
export function notation(json, most = Number.POSITIVE_INFINITY) {
  const text = write(json);
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/**
 * @param {Json} json
 * @returns {string}
 */
function write(json) {
  const value = readValue(json);
  switch (value.kind) {
    case 'plain':
      return value.text;
    case 'list':
      return `[${value.items.map(write).join(' ')}]`;
    case 'map':
      return `{${value.entries.map(([key, each]) => `${write(key)} ${write(each)}`).join(' ')}}`;
    case 'variant':
      return `(${[value.tag, ...value.fields.map(write)].join(' ')})`;
  }
}

/**
 * The address of an actor in the API; the last segment of the path may be a word that the API gives a meaning.
 * @param {string} path
 * @param {string} [about]
 */
export function actorAddress(path, about = '') {
  const segments = path.split('/').slice(1).map(encodeURIComponent);
  const last = segments.pop() ?? '';
  const first = last.codePointAt(0) ?? 0;
  // A letter that is encoded keeps the name from being read as a word of the API.
  const safe = /^[a-z]+$/.test(last) ? `%${first.toString(16)}${last.slice(1)}` : last;
  return `/v1/actors/${[...segments, safe].join('/')}${about === '' ? '' : `/${about}`}`;
}

/**
 * The page of an actor within the dashboard.
 * @param {string} path
 */
export const actorLink = (path) => `#/actor${path.split('/').map(encodeURIComponent).join('/')}`;
