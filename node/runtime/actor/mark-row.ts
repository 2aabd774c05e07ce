// De-duplication marks: how the newest message of one source ended.
import { decodeData, writeData } from '../../base/codec.ts';
import { MsgpackWriter } from '../../base/msgpack-writer.ts';
import { pack } from '../../base/pack.ts';
import { copyBytes } from '../../base/small-bytes.ts';
import { bytesView, count, text } from '../../base/tree.ts';
import type { Data } from '../../base/value.ts';
import { ROW_VERSION, readRow } from './row.ts';

const writer = new MsgpackWriter();

/** How a message ended: the answer to its retries. */
export type Outcome =
  | { readonly ok: true; readonly sequence: number; readonly reply: Data | null }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** The newest message of one source that took effect, and how it ended. */
export interface Mark {
  readonly number: number;
  /** What the message was, of a client. None where it was written before these were kept. */
  readonly digest: Uint8Array | undefined;
  readonly outcome: Outcome;
}

/** In the place of the number of a client's message, which is 0, stands its digest. */
export function encodeMark({ number, digest, outcome }: Mark): Uint8Array {
  if (!outcome.ok) return pack([ROW_VERSION, digest ?? number, outcome.code, outcome.message]);
  writer.clear();
  writer.list(5);
  writer.count(ROW_VERSION, 'the version');
  if (digest !== undefined) writer.binary(digest);
  else writer.count(number, 'the number of a message');
  writer.nil();
  writer.count(outcome.sequence, 'the sequence');
  if (outcome.reply === null) writer.nil();
  else writeData(writer, outcome.reply);
  return writer.take();
}

export function decodeMark(bytes: Uint8Array): Mark {
  return readRow(bytes, 'A de-duplication mark', (fields) => {
    const [name, code, first, reply] = fields;
    const digest = name instanceof Uint8Array ? copyBytes(name) : undefined;
    const number = digest === undefined ? count(name) : 0;
    if (code !== null)
      return { number, digest, outcome: { ok: false, code: text(code), message: text(first) } };
    const read = reply ? decodeData(bytesView(reply)) : null;
    return { number, digest, outcome: { ok: true, sequence: count(first), reply: read } };
  });
}
