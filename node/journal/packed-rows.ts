// Rows of one group as they travel: the key without group and generation (see keys.ts), then the value, each
// as a MessagePack byte string, one row behind the other.
import { SeqNodeError } from '../base/errors.ts';
import { MsgpackReader } from '../base/msgpack-reader.ts';
import { MsgpackWriter } from '../base/msgpack-writer.ts';

export type PackedRow = readonly [rest: Uint8Array, value: Uint8Array];

const writer = new MsgpackWriter();

export function packRows(rows: readonly PackedRow[]): Uint8Array {
  writer.clear();
  for (const [rest, value] of rows) {
    writer.binary(rest);
    writer.binary(value);
  }
  return writer.take();
}

/** They share memory with `bytes`. Throws `bad-request` for bytes that `packRows` did not make. */
export function unpackRows(bytes: Uint8Array): PackedRow[] {
  const reader = new MsgpackReader(
    bytes,
    (reason) => new SeqNodeError('bad-request', `The rows are malformed: ${reason}.`),
  );
  const rows: PackedRow[] = [];
  while (!reader.isAtEnd) rows.push([reader.binary('a key'), reader.binary('a value')]);
  return rows;
}
