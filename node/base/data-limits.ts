// How large a value may be, and everything that carries values: the one definition. Whoever lets values in
// (gateway, NodeApi, the words of actors) asks `checkData`; whatever carries them admits what passed there,
// which data-limits.test.ts proves of these numbers.
//
//   depth   NESTING_MAX of value.ts: levels of lists, maps and variants. A state's Map is its first level.
//   size    bytes of the encoding (codec.ts): runtime.message-bytes-max of a message, event, reply, or what a
//           quotation captured; runtime.state-bytes-max of a state. Ceilings of both: below.
//   count   follows from the size: each value takes a byte at least.
//
// A turn may leave much more than one value, all of which is one entry of the log: so there is a limit for a
// turn as well.
import { SeqNodeError } from './errors.ts';
import { assertData, boundedBytes, type Data, encodedBytes } from './value.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** The most that runtime.message-bytes-max can be. */
export const MESSAGE_BYTES_CEILING = MIB;
/** The most that runtime.state-bytes-max can be. */
export const STATE_BYTES_CEILING = 4 * MIB;
/** What one turn may send, append, reply and be answered, together. */
export const TURN_BYTES_MAX = 8 * MIB;
/** What the entry of one turn holds: record, snapshot, head, marks and the messages that leave. */
export const UPDATE_BYTES_MAX = 12 * MIB;
/** The source of a module, all its files together. */
export const MODULE_BYTES_MAX = 8 * MIB;
/** Updates gather up to here before they become one entry of the log. */
export const ENTRY_BYTES = 512 * KIB;
/**
 * Where several things share a frame or a page (appends, messages of a pair, rows), it takes no further one
 * over this. The first always fits.
 */
export const BATCH_BYTES = MIB;
/** A page of rows that is read from the store takes no further row over this. The first always fits. */
export const PAGE_BYTES = 4 * MIB;
/** The longest frame between nodes, and the longest write to the log. */
export const FRAME_BYTES_MAX = 16 * MIB;
/**
 * JSON takes up to so many bytes for each byte of an encoded value; at the most: `{"$map":[[false,…]]}` for
 * two.
 */
export const JSON_BYTES_PER_BYTE = 10;
/** The text of a fault, or why a message is refused, in UTF-16 units. */
export const REASON_LENGTH_MAX = 4 * KIB;

/** A limit of size, by the setting that raises it. */
export interface SizeLimit {
  readonly setting: 'runtime.message-bytes-max' | 'runtime.state-bytes-max';
  readonly bytes: number;
}

export const messageLimit = (bytes: number): SizeLimit => ({ setting: 'runtime.message-bytes-max', bytes });

/**
 * Throws SeqNodeError unless `value`, called `name` in the error, is data within the limits: `not-data`, or
 * `too-large` with the limit and how far it is passed. Returns the bytes that the value takes, or a few more.
 */
export function checkData(value: unknown, name: string, limit: SizeLimit): number {
  const bound = boundedBytes(value, name);
  return bound <= limit.bytes ? bound : checkBytes(value, name, limit);
}

/** The same for what is known to be data. */
export function checkBytes(value: unknown, name: string, { bytes: limit, setting }: SizeLimit): number {
  const bytes = encodedBytes(value);
  if (bytes <= limit) return bytes;
  const message = `The ${name} takes ${bytes} bytes; at most ${limit} are allowed (${setting}).`;
  throw new SeqNodeError('too-large', message, { bytes, limit, setting });
}

/** Throws like `checkData` unless `value` may stand in a state, whose Map is the level above it. */
export function checkInState(value: unknown, keyPath: string): asserts value is Data {
  assertData(value, keyPath, 1);
}

/** A reason that is kept, or sent: cut where it is too long. */
export function cutReason(text: string): string {
  return text.length <= REASON_LENGTH_MAX ? text : `${text.slice(0, REASON_LENGTH_MAX - 1).toWellFormed()}…`;
}
