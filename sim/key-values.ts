// What RocksDB is to the store in production (node/journal/store/key-values.ts): an ordered map that outlives
// the processes of its node, loses the newest batches that were not synced in a crash, and can be full,
// failing or damaged. Checkers can watch every row of it.
import { invariant } from '../node/base/assert.ts';
import type { Random } from '../node/base/random.ts';
import { type KeyRange, keyName } from '../node/journal/keys.ts';
import { rowsIn } from '../node/journal/record-runs.ts';
import type { KeyValues, RowBatch, RowIterator } from '../node/journal/store/key-values.ts';
import type { StoreEntry } from '../node/journal/store-port.ts';
import type { DiskFaults } from './disk-faults.ts';

export interface RowsWatcher {
  /** A row changed, also when a crash takes it back. `undefined` stands for an absent row. */
  row(key: Uint8Array, before: Uint8Array | undefined, after: Uint8Array | undefined): void;
  /** All rows of a batch are written. */
  written(): void;
}

interface Row {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Sorted rows: lookup by map, order by a sorted array beside it. */
class Rows {
  readonly map: Map<string, Row>;
  readonly sorted: string[];

  constructor(map: Map<string, Row> = new Map(), sorted: string[] = []) {
    this.map = map;
    this.sorted = sorted;
  }

  copy(): Rows {
    return new Rows(new Map(this.map), this.sorted.slice());
  }

  set(name: string, row: Row | undefined): Row | undefined {
    const before = this.map.get(name);
    if (row === undefined) {
      if (before === undefined) return undefined;
      this.map.delete(name);
      this.sorted.splice(this.find(name), 1);
    } else {
      if (before === undefined) this.sorted.splice(this.find(name), 0, name);
      this.map.set(name, row);
    }
    return before;
  }

  /** The index of the first that is not below `name`. */
  find(name: string): number {
    let low = 0;
    let high = this.sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.sorted[middle]! < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  between({ from, to }: KeyRange): Row[] {
    const names = this.sorted.slice(this.find(keyName(from)), this.find(keyName(to)));
    return names.map((name) => this.map.get(name)!);
  }
}

type Undo = readonly [name: string, row: Row | undefined];
type Change = readonly [key: Uint8Array, value: Uint8Array | undefined];

export class SimKeyValues implements KeyValues {
  readonly faults: DiskFaults;
  /** What was asked of it so far, for those who check what work costs. */
  rowsRead = 0;
  rowsWritten = 0;
  readonly #watcher: RowsWatcher | undefined;
  readonly #rows = new Rows();
  /** One element for each batch that is not yet synced, oldest first. */
  #unsynced: Undo[][] = [];
  readonly #damaged = new Set<string>();
  #objection: unknown;

  constructor(faults: DiskFaults, watcher?: RowsWatcher) {
    this.faults = faults;
    this.#watcher = watcher;
  }

  // ---- the port ----

  get(keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    this.rowsRead += keys.length;
    return keys.map((key) => {
      const name = keyName(key);
      this.#checkDamage(name);
      return this.#rows.map.get(name)?.value;
    });
  }

  iterate(range: KeyRange): RowIterator {
    return new SimRows(this.#rows, this.#rows.find(keyName(range.from)), keyName(range.to), this.#read);
  }

  openView(): RowIterator {
    return new SimRows(this.#rows.copy(), 0, undefined, this.#read);
  }

  openBatch(): RowBatch {
    const changes: Change[] = [];
    return {
      put: (key, value) => void changes.push([key, value]),
      delete: (key) => void changes.push([key, undefined]),
      write: (sync) => this.#write(changes, sync),
      close: () => {},
    };
  }

  deleteRange(range: KeyRange): void {
    const rows = this.#rows.between(range);
    this.#write(
      rows.map(({ key }): Change => [key, undefined]),
      false,
    );
    // With one tombstone, whatever lies in the range.
    this.rowsWritten -= rows.length - 1;
  }

  close(): void {
    this.#unsynced = [];
  }

  // ---- what happens to the disk ----

  /**
   * A machine that loses power loses a random number of the newest batches that were not synced; a process
   * that is killed loses none.
   */
  crash(random: Random, powerLoss: boolean): void {
    const lost = powerLoss ? random.below(this.#unsynced.length + 1) : 0;
    for (let count = 0; count < lost; count++) this.#takeBack(this.#unsynced.pop()!);
    // What a kill leaves to the system is written by the time that anybody asks.
    this.#unsynced = [];
  }

  /** Damages one row: whoever reads it is told. Returns whether there was one. */
  damage(random: Random): boolean {
    const { sorted } = this.#rows;
    if (sorted.length === 0) return false;
    this.#damaged.add(sorted[random.below(sorted.length)]!);
    return true;
  }

  get isDamaged(): boolean {
    return this.#damaged.size > 0;
  }

  // ---- for checkers: nothing is read as a process reads it ----

  /** To be called after each use of the store: throws what a watcher threw first. */
  throwObjection(): void {
    if (this.#objection !== undefined) throw this.#objection;
  }

  get rowCount(): number {
    return this.#rows.map.size;
  }

  /** The rows of a range as the store's port has them. */
  rowsIn(range: KeyRange): StoreEntry[] {
    return this.#rows.between(range).flatMap(({ key, value }) => rowsIn(key, value));
  }

  // ---- within ----

  readonly #read = (name: string) => {
    this.rowsRead++;
    this.#checkDamage(name);
  };

  #checkDamage(name: string): void {
    if (this.#damaged.has(name))
      throw Object.assign(new Error('Corruption: block checksum mismatch (simulated)'), {
        code: 'LEVEL_CORRUPTION',
      });
  }

  #write(changes: readonly Change[], sync: boolean): void {
    const failure = this.faults.strike('store');
    if (failure !== null)
      throw new Error(`IO error: ${failure.full ? 'No space left on device' : failure.message}`);
    this.rowsWritten += changes.length;
    const undo = changes.map(([key, value]): Undo => {
      const name = keyName(key);
      const before = this.#rows.set(name, value === undefined ? undefined : { key, value });
      this.#tell((watcher) => watcher.row(key, before?.value, value));
      return [name, before];
    });
    this.#tell((watcher) => watcher.written());
    if (sync) this.#unsynced = [];
    else this.#unsynced.push(undo);
  }

  /** In the middle of a write, of which an error would be one of the disk. */
  #tell(tell: (watcher: RowsWatcher) => void): void {
    try {
      if (this.#watcher !== undefined) tell(this.#watcher);
    } catch (error) {
      this.#objection ??= error;
    }
  }

  #takeBack(undo: readonly Undo[]): void {
    for (let at = undo.length - 1; at >= 0; at--) {
      const [name, before] = undo[at]!;
      const after = this.#rows.set(name, before);
      const key = (before ?? after)?.key;
      if (key !== undefined) this.#watcher?.row(key, after?.value, before?.value);
    }
  }
}

class SimRows implements RowIterator {
  readonly #rows: Rows;
  readonly #end: string | undefined;
  readonly #read: (name: string) => void;
  #at: number;
  #closed = false;

  constructor(rows: Rows, at: number, end: string | undefined, read: (name: string) => void) {
    this.#rows = rows;
    this.#at = at;
    this.#end = end;
    this.#read = read;
  }

  seek(key: Uint8Array): void {
    this.#at = this.#rows.find(keyName(key));
  }

  next(count: number) {
    invariant(!this.#closed, 'an iterator is read after it was closed');
    const { sorted, map } = this.#rows;
    const rows: Uint8Array[] = [];
    for (; rows.length < 2 * count; this.#at++) {
      const name = sorted[this.#at];
      if (name === undefined || (this.#end !== undefined && name >= this.#end))
        return { rows, finished: true };
      this.#read(name);
      const { key, value } = map.get(name)!;
      rows.push(key, value);
    }
    return { rows, finished: false };
  }

  close(): void {
    this.#closed = true;
  }
}
