// An ordered map from bytes to bytes with atomic batches, frozen views, and a crash that loses the latest batches not yet
// flushed: what the store port (node/journal/store-port.ts) promises, without its promises. Checkers can watch every row of it.
import { invariant } from '../node/base/assert.ts';
import type { KeyRange } from '../node/journal/keys.ts';
import { resolveBatch } from '../node/journal/store-batch.ts';
import type { ScanRange, ScanResult, StoreEntry, StoreOp } from '../node/journal/store-port.ts';

/** A key as a string of its bytes: strings compare by code unit, so they sort as the bytes do. */
export function keyText(key: Uint8Array): string {
  let text = '';
  for (let at = 0; at < key.length; at += 4096)
    text += String.fromCharCode(...key.subarray(at, Math.min(at + 4096, key.length)));
  return text;
}

interface Row {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Told of every row that changes, in order. `undefined` stands for an absent row. */
export type RowWatcher = (key: string, before: Uint8Array | undefined, after: Uint8Array | undefined) => void;

/** Sorted rows: lookup by map, order by a sorted array beside it. */
class Rows {
  readonly map: Map<string, Row>;
  readonly #sorted: string[];

  constructor(map: Map<string, Row> = new Map(), sorted: string[] = []) {
    this.map = map;
    this.#sorted = sorted;
  }

  copy(): Rows {
    return new Rows(new Map(this.map), this.#sorted.slice());
  }

  set(key: string, row: Row | undefined): Row | undefined {
    const before = this.map.get(key);
    if (row === undefined) {
      if (before === undefined) return undefined;
      this.map.delete(key);
      this.#sorted.splice(lowerBound(this.#sorted, key), 1);
    } else {
      if (before === undefined) this.#sorted.splice(lowerBound(this.#sorted, key), 0, key);
      this.map.set(key, row);
    }
    return before;
  }

  entry(key: string): StoreEntry {
    const row = this.map.get(key) as Row;
    return [row.key, row.value];
  }

  between(from: string, to: string): string[] {
    const sorted = this.#sorted;
    return sorted.slice(lowerBound(sorted, from), lowerBound(sorted, to));
  }
}

function lowerBound(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

type Undo = readonly [key: string, before: Row | undefined];

/** One node's store. Batches take effect at once; `crash` takes the latest unflushed ones back. */
export class StoreModel {
  #rows = new Rows();
  readonly #views = new Map<number, Rows>();
  /** One element per batch that is not yet flushed, oldest first. */
  #unflushed: Undo[][] = [];
  /** Number of batches ever written, and how many of them are durable. */
  #written = 0;
  #durable = 0;
  readonly #watch: RowWatcher;

  constructor(watch: RowWatcher = () => {}) {
    this.#watch = watch;
  }

  get rowCount(): number {
    return this.#rows.map.size;
  }

  get batchesWritten(): number {
    return this.#written;
  }

  get batchesUnflushed(): number {
    return this.#unflushed.length;
  }

  /** Throws InvariantError when the batch is refused, having written nothing. */
  write(ops: readonly StoreOp[]): void {
    const mutations = resolveBatch(ops, this);
    const undo = mutations.map(([key, value]): Undo => {
      const text = keyText(key);
      // The core may use its bytes again once the effect is carried out.
      const row = value === null ? undefined : { key: key.slice(), value: value.slice() };
      const before = this.#rows.set(text, row);
      this.#watch(text, before?.value, row?.value);
      return [text, before];
    });
    this.#written++;
    this.#unflushed.push(undo);
  }

  /** For `resolveBatch`. */
  keysIn({ from, to }: KeyRange): Uint8Array[] {
    return this.#rows.between(keyText(from), keyText(to)).map((key) => (this.#rows.map.get(key) as Row).key);
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#rows.map.get(keyText(key))?.value;
  }

  scan({ from, to, limit }: ScanRange, view?: number): ScanResult {
    const rows = view === undefined ? this.#rows : this.#views.get(view);
    invariant(rows !== undefined, `view ${view} is not open`);
    const keys = rows.between(keyText(from), keyText(to));
    const entries = keys.slice(0, limit).map((key) => rows.entry(key));
    const next = keys[limit];
    return next === undefined ? { rest: entries } : { part: entries, next: rows.entry(next)[0] };
  }

  /** For checkers: all rows of a range. */
  rowsIn({ from, to }: KeyRange): StoreEntry[] {
    return this.#rows.between(keyText(from), keyText(to)).map((key) => this.#rows.entry(key));
  }

  openView(view: number): void {
    invariant(!this.#views.has(view), `view ${view} is open already`);
    this.#views.set(view, this.#rows.copy());
  }

  closeView(view: number): void {
    invariant(this.#views.delete(view), `view ${view} is not open`);
  }

  /** All batches up to number `written` are durable now. */
  markDurable(written: number): void {
    if (written <= this.#durable) return;
    this.#unflushed.splice(0, written - this.#durable);
    this.#durable = written;
  }

  /** The process died. The latest `lost` of the unflushed batches never reached the disk; the others did. */
  crash(lost: number): void {
    this.#views.clear();
    for (let count = 0; count < lost; count++) {
      const undo = this.#unflushed.pop();
      if (undo === undefined) break;
      this.#takeBack(undo);
      this.#written--;
    }
    this.#unflushed = [];
    this.#durable = this.#written;
  }

  #takeBack(undo: readonly Undo[]) {
    for (let at = undo.length - 1; at >= 0; at--) {
      const [key, before] = undo[at] as Undo;
      const after = this.#rows.set(key, before);
      this.#watch(key, after?.value, before?.value);
    }
  }
}
