// Range reads of the core. A scan may return a part of its range only (see ScanResult): here a range is read
// to its end, page by page.
import type { KeyRange } from './keys.ts';
import type { ScanRange, ScanResult, StoreEntry } from './store-port.ts';

export interface Scanner {
  scan(range: ScanRange, done: (found: ScanResult) => void): void;
}

export interface StoreReader extends Scanner {
  get(keys: readonly Uint8Array[], done: (values: readonly (Uint8Array | undefined)[]) => void): void;
}

export interface RangeReader {
  /**
   * Takes some rows, the first of the range first. False when nothing more is wanted: then nothing more is
   * called.
   */
  page(rows: readonly StoreEntry[]): boolean;
  /** The range has no more rows. */
  end(): void;
}

const PAGE_ROWS = 1000;

export function readRange(store: Scanner, { from, to }: KeyRange, reader: RangeReader): void {
  store.scan({ from, to, limit: PAGE_ROWS }, (found) => {
    if ('part' in found) {
      if (reader.page(found.part)) readRange(store, { from: found.next, to }, reader);
    } else if (reader.page(found.rest)) reader.end();
  });
}
