// De-duplication marks: how the newest message of one source ended, and those before it that were refused.
// All others before it took effect.
import { decodeData, writeData } from '../../base/codec.ts';
import { MsgpackWriter } from '../../base/msgpack-writer.ts';
import { pack } from '../../base/pack.ts';
import { copyBytes } from '../../base/small-bytes.ts';
import { bytesView, count, list, text } from '../../base/tree.ts';
import type { Data } from '../../base/value.ts';
import { ROW_VERSION, readRow } from './row.ts';

const writer = new MsgpackWriter();

/** How a message ended: the answer to its retries. */
export type Outcome =
  | { readonly ok: true; readonly sequence: number; readonly reply: Data | null }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** A message of an actor that was refused for good. */
export interface Refused {
  readonly number: number;
  readonly outcome: Outcome & { readonly ok: false };
}

/** What was refused of one source before the message whose turn waits. */
export interface BeforePending {
  readonly source: string;
  readonly refused: readonly Refused[];
}

/** The newest message of one source that took effect, and how it ended. */
export interface Mark {
  readonly number: number;
  /** What the message was, of a client. None where it was written before these were kept. */
  readonly digest: Uint8Array | undefined;
  readonly outcome: Outcome;
  /** Of an actor: messages before it that were refused, and of which it may not know that yet. */
  readonly refused?: readonly Refused[];
}

/** Characters of a reason that are kept of a message that is not the newest. */
const REASON_LENGTH = 200;

/** In the place of the number of a client's message, which is 0, stands its digest. */
export function encodeMark({ number, digest, outcome, refused }: Mark): Uint8Array {
  const before = refused?.map(({ number: at, outcome: { code, message } }) => [
    at,
    code,
    message.slice(0, REASON_LENGTH),
  ]);
  if (!outcome.ok)
    return pack([ROW_VERSION, digest ?? number, outcome.code, outcome.message, ...(before ? [before] : [])]);
  // Its reply is for clients only.
  if (before !== undefined) return pack([ROW_VERSION, number, null, outcome.sequence, null, before]);
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
    const before = fields[code === null ? 4 : 3];
    const refused = before === undefined ? undefined : list(before).map(refusedOf);
    const digest = name instanceof Uint8Array ? copyBytes(name) : undefined;
    const number = digest === undefined ? count(name) : 0;
    if (code !== null)
      return markOf(number, digest, { ok: false, code: text(code), message: text(first) }, refused);
    const read = reply ? decodeData(bytesView(reply)) : null;
    return markOf(number, digest, { ok: true, sequence: count(first), reply: read }, refused);
  });
}

function markOf(
  number: number,
  digest: Uint8Array | undefined,
  outcome: Outcome,
  refused: readonly Refused[] | undefined,
): Mark {
  return refused === undefined ? { number, digest, outcome } : { number, digest, outcome, refused };
}

function refusedOf(tree: unknown): Refused {
  const [number, code, message] = list(tree, 3);
  return { number: count(number), outcome: { ok: false, code: text(code), message: text(message) } };
}

/** The messages up to the newest that were refused, as far as the mark tells. */
export function refusedUpTo({ number, outcome, refused }: Mark): readonly Refused[] | undefined {
  return outcome.ok ? refused : [...(refused ?? []), { number, outcome }];
}

/** Those of which an actor may not know, whose oldest such message is `oldest`. Undefined for none. */
export function refusedSince(
  oldest: number | undefined,
  refused: readonly Refused[] | undefined,
): readonly Refused[] | undefined {
  if (refused === undefined || oldest === undefined) return refused;
  const left = refused.filter(({ number }) => number >= oldest);
  return left.length === 0 ? undefined : left;
}

/** How a message that is older than the newest ended. */
export function outcomeBefore(number: number, refused: readonly Refused[] | undefined): Outcome {
  const found = refused?.find((each) => each.number === number);
  return found?.outcome ?? { ok: true, sequence: 0, reply: null };
}
