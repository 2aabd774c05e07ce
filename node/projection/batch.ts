// What the node hands to the thread that keeps the projection: one buffer a batch, which changes hands
// without a copy.
import { InvariantError } from '../base/assert.ts';
import { MsgpackReader } from '../base/msgpack-reader.ts';
import { MsgpackWriter } from '../base/msgpack-writer.ts';

/** Sequence 0: the actor was purged. Null: the record cannot be read. */
export interface ProjectedRow {
  readonly path: string;
  readonly sequence: number;
  readonly record: Uint8Array | null;
}

/** `cursor` covers the rows, and all that came before them. */
export interface Batch {
  readonly rows: readonly ProjectedRow[];
  readonly cursor: string;
  /** Nothing was waiting behind it. */
  readonly caughtUp: boolean;
}

const writer = new MsgpackWriter();

export function packBatch({ rows, cursor, caughtUp }: Batch): Uint8Array<ArrayBuffer> {
  writer.clear();
  writer.text(cursor, 'the cursor');
  writer.truth(caughtUp);
  writer.list(rows.length);
  for (const { path, sequence, record } of rows) {
    writer.text(path, 'a path');
    writer.count(sequence, 'a sequence');
    if (record === null) writer.nil();
    else writer.binary(record);
  }
  // In a buffer of its own, which can be given away.
  return new Uint8Array(writer.written);
}

/** Records share memory with `bytes`. */
export function unpackBatch(bytes: Uint8Array): Batch {
  const reader = new MsgpackReader(bytes, (reason) => new InvariantError(`a batch ${reason}`));
  const cursor = reader.text('the cursor');
  const caughtUp = reader.truth('whether it is caught up');
  const rows = Array.from({ length: reader.list('the rows') }, (): ProjectedRow => {
    const path = reader.text('a path');
    const sequence = reader.count('a sequence');
    return { path, sequence, record: reader.nil() ? null : reader.binary('a record') };
  });
  reader.end();
  return { rows, cursor, caughtUp };
}
