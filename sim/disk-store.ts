// The store on a simulated disk: batches take effect at once and become durable in order. A crash loses a seeded number of the
// newest batches that no flush had confirmed, never one in the middle.

import { invariant } from '../node/base/assert.ts';
import { PAGE_BYTES } from '../node/base/data-limits.ts';
import { SeqNodeError } from '../node/base/errors.ts';
import type { Random } from '../node/base/random.ts';
import type { KeyRange } from '../node/journal/keys.ts';
import type { Ticket } from '../node/journal/log-writer.ts';
import { type Mutation, resolveBatch } from '../node/journal/store-batch.ts';
import type { ScanRange, ScanResult, StoreEntry, StoreOp, ViewId } from '../node/journal/store-port.ts';
import type { DiskFaults } from './disk-faults.ts';
import type { Settled } from './disk-log.ts';

/** Keys as text of one character per byte, so that they sort as bytes do. */
type Rows = Map<string, Uint8Array>;

/** What is on the disk. Outlives the stores that are opened on it. */
export class StoreFiles {
  /** What a crash cannot take. */
  readonly durable: Rows = new Map();
  /** Batches since then, oldest first. */
  readonly unsynced: (readonly Mutation[])[] = [];

  /** Makes the oldest `count` batches durable. */
  sync(count: number) {
    for (const batch of this.unsynced.splice(0, count)) applyTo(this.durable, batch);
  }

  crash(random: Random) {
    this.sync(random.below(this.unsynced.length + 1));
    this.unsynced.length = 0;
  }

  /** Flips one bit of one value that is on the disk, if there is any. Returns its key. */
  corrupt(random: Random): Uint8Array | undefined {
    const keys = [...this.durable.keys()].sort();
    const key = keys[random.below(keys.length || 1)];
    const value = key === undefined ? undefined : this.durable.get(key)?.slice();
    if (key === undefined || value === undefined || value.length === 0) return undefined;
    const at = random.below(value.length);
    value[at] = (value[at] as number) ^ (1 << random.below(8));
    this.durable.set(key, value);
    return bytesOf(key);
  }
}

type Pending = {
  readonly ticket: Ticket;
  readonly sync: boolean;
  readonly batches: number;
  error: Error | null;
};

/**
 * Reads answer at once and see every write before them. Writes and flushes give tickets, which `completeNext` settles in order.
 */
export class SimStore {
  readonly #files: StoreFiles;
  readonly #faults: DiskFaults;
  readonly #rows: Rows;
  /** The keys of `#rows`, sorted; null when they have changed. */
  #sorted: string[] | null = null;
  readonly #views = new Map<ViewId, { readonly rows: Rows; readonly sorted: readonly string[] }>();
  readonly #pending: Pending[] = [];
  /** How many batches this store has handed to the disk. */
  #batches = 0;
  #durableBatches = 0;
  #tickets = 0;
  #viewIds = 0;
  #poison: Error | null = null;

  constructor(files: StoreFiles, faults: DiskFaults) {
    invariant(files.unsynced.length === 0, 'the store is opened before it was closed or crashed');
    this.#files = files;
    this.#faults = faults;
    this.#rows = new Map(files.durable);
  }

  write(ops: readonly StoreOp[], options: { readonly sync?: boolean } = {}): Ticket {
    if (this.#poison === null) this.#poison = this.#apply(ops);
    return this.#queue(options.sync ?? false);
  }

  flush(): Ticket {
    return this.#queue(true);
  }

  get(keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    return keys.map((key) => this.#rows.get(textOf(key)));
  }

  scan(range: ScanRange): ScanResult {
    return scanRows(this.#rows, this.#keys(), range);
  }

  openView(): ViewId {
    const view = ++this.#viewIds;
    this.#views.set(view, { rows: new Map(this.#rows), sorted: this.#keys() });
    return view;
  }

  scanView(view: ViewId, range: ScanRange): ScanResult {
    const seen = this.#views.get(view);
    invariant(seen, `view ${view} is not open`);
    return scanRows(seen.rows, seen.sorted, range);
  }

  closeView(view: ViewId) {
    this.#views.delete(view);
  }

  /** Settles what is pending, and makes everything durable. */
  close(): Settled[] {
    this.flush();
    const settled: Settled[] = [];
    while (this.#pending.length > 0) settled.push(this.completeNext());
    // The last is the flush, of which nobody holds the ticket.
    settled.pop();
    return settled;
  }

  /** How many calls wait to be settled. */
  get pending(): number {
    return this.#pending.length;
  }

  /** Settles the oldest call. Never called when none is pending. */
  completeNext(): Settled {
    const next = this.#pending.shift();
    invariant(next, 'no call of the store is pending');
    const { ticket, sync, batches, error } = next;
    if (error) return { ticket, error, rotated: false };
    const failure = sync ? this.#faults.strike('write') : null;
    if (failure) {
      this.#poison ??= new SeqNodeError('disk-failed', `The store failed: ${failure.message}.`);
      for (const later of this.#pending) later.error ??= this.#poison;
      return { ticket, error: this.#poison, rotated: false };
    }
    if (sync) {
      this.#files.sync(batches - this.#durableBatches);
      this.#durableBatches = batches;
    }
    return { ticket, error: null, rotated: false };
  }

  /** The error that the batch meets, or null once it has taken effect. */
  #apply(ops: readonly StoreOp[]): Error | null {
    const failure = this.#faults.strike('store');
    if (failure)
      return new SeqNodeError(
        failure.full ? 'disk-full' : 'disk-failed',
        `The store failed: ${failure.message}.`,
      );
    let batch: Mutation[];
    try {
      batch = resolveBatch(ops, {
        get: (key) => this.#rows.get(textOf(key)),
        keysIn: (range) => keysWithin(this.#keys(), range).map(bytesOf),
      });
    } catch (cause) {
      if (cause instanceof Error) return cause;
      throw cause;
    }
    // Copies: what the caller does with its buffers later is not on the disk.
    const kept = batch.map(([key, value]): Mutation => [key.slice(), value?.slice() ?? null]);
    this.#files.unsynced.push(kept);
    this.#batches++;
    if (applyTo(this.#rows, kept)) this.#sorted = null;
    return null;
  }

  #queue(sync: boolean): Ticket {
    const ticket = ++this.#tickets;
    this.#pending.push({ ticket, sync, batches: this.#batches, error: this.#poison });
    return ticket;
  }

  #keys(): string[] {
    this.#sorted ??= [...this.#rows.keys()].sort();
    return this.#sorted;
  }
}

/** Returns whether keys came or went. */
function applyTo(rows: Rows, batch: readonly Mutation[]): boolean {
  let changed = false;
  for (const [key, value] of batch) {
    const text = textOf(key);
    if (value === null) changed = rows.delete(text) || changed;
    else {
      changed ||= !rows.has(text);
      rows.set(text, value);
    }
  }
  return changed;
}

function scanRows(rows: Rows, sorted: readonly string[], range: ScanRange): ScanResult {
  const entries: StoreEntry[] = [];
  let bytes = 0;
  for (const name of keysWithin(sorted, range)) {
    const entry = [bytesOf(name), rows.get(name)!] as const;
    bytes += entry[0].length + entry[1].length;
    if (entries.length > 0 && (entries.length >= range.limit || bytes > PAGE_BYTES))
      return { part: entries, next: entry[0] };
    entries.push(entry);
  }
  return { rest: entries };
}

function keysWithin(sorted: readonly string[], { from, to }: KeyRange): string[] {
  return sorted.slice(lowerBound(sorted, textOf(from)), lowerBound(sorted, textOf(to)));
}

/** Index of the first key that is not below `text`. */
function lowerBound(sorted: readonly string[], text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as string) < text) low = middle + 1;
    else high = middle;
  }
  return low;
}

function textOf(key: Uint8Array): string {
  let text = '';
  for (const byte of key) text += String.fromCharCode(byte);
  return text;
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
