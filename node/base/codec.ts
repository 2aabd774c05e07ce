// Data as bytes: MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md), of which one form is used.
// 1. Exact: decodeData(encodeData(v)) equals v.
// 2. Canonical: equal values have equal bytes, and other bytes are other values or refused. So every length
//    and Int has its shortest form, map entries are sorted by key (compareKeys), and every NaN is the same
//    NaN.
// 3. Decoding any bytes gives a value or throws SeqNodeError; it allocates in proportion to the bytes it was
//    given.
//
//   Int      positive/negative fixint, uint and int 8–64   Float    float 64
//   Bool     true, false                                   String   str; bin when it is not valid UTF-8
//   Symbol   ext 1: its name                               List     array
//   Map      map                                           Variant  array that begins with ext 2: its tag
//
// A record that holds Data embeds these bytes as bin, so that it can be passed on without being decoded.
import { DataReader, MalformedData } from './codec-reader.ts';
import { DataWriter } from './codec-writer.ts';
import { UPDATE_BYTES_MAX } from './data-limits.ts';
import { type ErrorCode, SeqNodeError } from './errors.ts';
import type { MsgpackWriter } from './msgpack-writer.ts';
import { type Data, isKey, type Key, List, type MapPatch, NESTING_MAX } from './value.ts';

export interface EncodeOptions {
  readonly bytesMax?: number;
  /** What the value is called in an error. */
  readonly name?: string;
}

export interface DecodeOptions {
  /** How deep lists, maps and variants may nest. */
  readonly nestingMax?: number;
  readonly bytesMax?: number;
  /** The code of the error for malformed bytes: 'journal-damaged' unless it says otherwise. */
  readonly code?: ErrorCode;
}

const writer = new DataWriter();

/**
 * The bytes of `v`. Throws SeqNodeError: 'not-data' when something in it is no data, 'too-large' when it
 * nests deeper than NESTING_MAX or takes more than `bytesMax` bytes.
 */
export function encodeData(v: Data, options: EncodeOptions = {}): Uint8Array {
  return writer.encode(v, options.bytesMax ?? UPDATE_BYTES_MAX, options.name ?? 'value');
}

/** Writes the bytes of `v` as a byte string. Throws like `encodeData`. */
export function writeData(to: MsgpackWriter, v: Data): void {
  writer.clear();
  writer.append(v, UPDATE_BYTES_MAX, 'value');
  to.binaryOf(writer);
}

/**
 * The value that `bytes` encode, all of them. Throws SeqNodeError(options.code) for bytes that encodeData
 * never makes.
 */
export function decodeData(bytes: Uint8Array, options: DecodeOptions = {}): Data {
  const bytesMax = options.bytesMax ?? UPDATE_BYTES_MAX;
  if (bytes.length > bytesMax)
    throw new SeqNodeError(
      'too-large',
      `An encoded value takes ${bytes.length} bytes; at most ${bytesMax}.`,
      {
        bytesMax,
      },
    );
  return read(bytes, options, (reader) => reader.whole());
}

function read<T>(bytes: Uint8Array, options: DecodeOptions, read: (reader: DataReader) => T): T {
  try {
    return read(new DataReader(bytes, options.nestingMax ?? NESTING_MAX));
  } catch (error) {
    if (!(error instanceof MalformedData)) throw error;
    const message = `An encoded value is malformed at byte ${error.at}: ${error.message}.`;
    throw new SeqNodeError(options.code ?? 'journal-damaged', message, { at: error.at });
  }
}

/** Values one behind the other, in the form of `encodeData` each: for many small ones, which cost less so. */
export class SequenceWriter {
  readonly #writer = new DataWriter();

  /** Bytes written since the last `take`. */
  get length(): number {
    return this.#writer.length;
  }

  /** Throws like `encodeData`, and has then added nothing. */
  add(v: Data): void {
    this.#writer.append(v, UPDATE_BYTES_MAX, 'value');
  }

  take(): Uint8Array {
    return this.#writer.take();
  }
}

/** The values that a SequenceWriter wrote. Throws SeqNodeError(options.code) for any other bytes. */
export function decodeSequence(bytes: Uint8Array, options: DecodeOptions = {}): Data[] {
  return read(bytes, options, (reader) => reader.sequence());
}

/**
 * Writes the bytes of a patch as a byte string: those of a list of the bindings as key, value, key, value…,
 * and one of the keys removed. Throws like `encodeData`.
 */
export function writePatch(to: MsgpackWriter, { set, removed }: MapPatch): void {
  writer.clear();
  writer.list(2);
  writer.list(2 * set.length);
  for (const [key, value] of set) {
    writer.append(key, UPDATE_BYTES_MAX, 'key');
    writer.append(value, UPDATE_BYTES_MAX, 'value');
  }
  writer.list(removed.length);
  for (const key of removed) writer.append(key, UPDATE_BYTES_MAX, 'key');
  to.binaryOf(writer);
}

/** The patch that `writePatch` wrote. Throws SeqNodeError(`code`) for any other bytes. */
export function readPatch(bytes: Uint8Array, code: ErrorCode = 'journal-damaged'): MapPatch {
  // A value of a state has the Map above it; here it has two lists.
  const data = decodeData(bytes, { nestingMax: NESTING_MAX + 1, code });
  const [set, removed] = data instanceof List && data.length === 2 ? [data.get(0), data.get(1)] : [];
  if (!(set instanceof List && removed instanceof List) || set.length % 2 !== 0)
    throw new SeqNodeError(code, 'A patch is not two lists.');
  const key = (v: Data | undefined): Key => {
    if (!isKey(v)) throw new SeqNodeError(code, 'A key of a patch is not an Int, Bool or String.');
    return v;
  };
  const pairs: [Key, Data][] = [];
  for (let i = 0; i < set.length; i += 2) pairs.push([key(set.get(i)), set.get(i + 1)!]);
  return { set: pairs, removed: removed.toArray().map(key) };
}
