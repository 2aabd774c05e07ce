// The state of an actor at each record of its journal, and what changed.

/** @import { JournalRecord, Json } from './api-types.d.ts' */

/**
 * A state: what stands at each key, by the JSON text of the key.
 * @typedef {ReadonlyMap<string, readonly [key: Json, value: Json]>} State
 */

/** @type {State} */
export const EMPTY = new Map();

/** So many records lie between two states that are kept. */
const KEPT_EVERY = 200;

/**
 * The state after `record`, given the one before it.
 * @param {State} state
 * @param {Pick<JournalRecord, 'set' | 'removed'>} record
 * @returns {State}
 */
export function advance(state, { set, removed }) {
  if (set.length === 0 && removed.length === 0) return state;
  const next = new Map(state);
  for (const key of removed) next.delete(JSON.stringify(key));
  for (const [key, value] of set) next.set(JSON.stringify(key), [key, value]);
  return next;
}

/**
 * The state as the API writes it: a Map.
 * @param {State} state
 * @returns {Json}
 */
export function stateJson(state) {
  const entries = [...state.values()].sort(([a], [b]) => compare(a, b));
  return { $map: entries.map(([key, value]) => [key, value]) };
}

/**
 * @param {Json} a
 * @param {Json} b
 */
function compare(a, b) {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The records of a journal from the first on, with the state at each. */
export class Timeline {
  /** @type {JournalRecord[]} */
  records = [];
  /** The states before the first record, and after each KEPT_EVERY. */
  /** @type {State[]} */
  #kept = [EMPTY];
  #newest = EMPTY;

  /** The sequence of the record to read next. */
  get next() {
    return this.records.length + 1;
  }

  /**
   * Records that follow those that are there.
   * @param {readonly JournalRecord[]} records
   */
  append(records) {
    for (const record of records) {
      if (record.sequence !== this.next) throw new Error(`record ${record.sequence} is not ${this.next}`);
      this.records.push(record);
      this.#newest = advance(this.#newest, record);
      if (this.records.length % KEPT_EVERY === 0) this.#kept.push(this.#newest);
    }
  }

  /**
   * The state after the record `sequence`; 0: before all.
   * @param {number} sequence
   * @returns {State}
   */
  at(sequence) {
    const from = Math.floor(sequence / KEPT_EVERY);
    let state = this.#kept[from] ?? EMPTY;
    for (let at = from * KEPT_EVERY; at < sequence; at++)
      state = advance(state, /** @type {JournalRecord} */ (this.records[at]));
    return state;
  }

  /**
   * @param {number} sequence
   * @returns {Change[]}
   */
  changesAt(sequence) {
    return changes(this.at(sequence - 1), this.at(sequence));
  }
}

/**
 * A place in a state whose value changed. `undefined`: nothing is there.
 * @typedef {{ place: string[], before: Json | undefined, after: Json | undefined }} Change
 */

/**
 * Every place in which two states differ, as deep as both have the same shape there.
 * @param {State} before
 * @param {State} after
 * @returns {Change[]}
 */
export function changes(before, after) {
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  return keys.flatMap((key) => difference([nameOf(key)], before.get(key)?.[1], after.get(key)?.[1]));
}

/** @param {string} key its JSON */
const nameOf = (key) => (key.startsWith('"') ? String(JSON.parse(key)) : key);

/**
 * @param {string[]} place
 * @param {Json | undefined} before
 * @param {Json | undefined} after
 * @returns {Change[]}
 */
function difference(place, before, after) {
  if (before === after || JSON.stringify(before) === JSON.stringify(after)) return [];
  const whole = [{ place, before, after }];
  if (typeof before !== 'object' || typeof after !== 'object' || before === null || after === null)
    return whole;
  if (Array.isArray(before) !== Array.isArray(after)) return whole;
  const old = new Map(Object.entries(before));
  const young = new Map(Object.entries(after));
  const shared = [...old.keys()].filter((name) => young.has(name));
  // Nothing in common: another variant, or another kind of value.
  if (shared.length === 0) return whole;
  return [...new Set([...old.keys(), ...young.keys()])].flatMap((name) =>
    difference([...place, name], old.get(name), young.get(name)),
  );
}
