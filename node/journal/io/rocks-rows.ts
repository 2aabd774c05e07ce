// How rows are read from RocksDB.
import type { RocksLevel } from '@nxtedition/rocksdb';
import type { KeyRange } from '../keys.ts';
import { compareBytes } from '../store-batch.ts';

export const BUFFERS = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const;
const KEYS_PAGE = 1000;

export function* keysIn(db: RocksLevel, { from, to }: KeyRange): Generator<Uint8Array> {
  if (compareBytes(from, to) >= 0) return;
  const iterator = db._iterator({ ...BUFFERS, gte: from, lt: to, values: false });
  try {
    for (let finished = false; !finished; ) {
      const page = iterator._nextvSync(KEYS_PAGE);
      for (let at = 0; at < page.rows.length; at += 2) yield page.rows[at] as Uint8Array;
      finished = page.finished;
    }
  } finally {
    iterator._closeSync();
  }
}
