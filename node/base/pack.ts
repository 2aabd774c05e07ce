// MessagePack for trees of plain values. One encoder serves all: making one for each call costs more than
// small encodings.
import { Encoder, type ExtensionCodecType } from '@msgpack/msgpack';
import { InvariantError } from './assert.ts';
import { type MalformedError, MsgpackReader } from './msgpack-reader.ts';
import { copyBytes } from './small-bytes.ts';

/**
 * No extensions, not even that of the library for dates, which it would try on every list and byte string.
 */
const NO_EXTENSIONS: ExtensionCodecType<undefined> = {
  tryToEncode: () => null,
  decode: (_bytes, type) => {
    throw new InvariantError(`no extension is of type ${type}`);
  },
};

const encoder = new Encoder({ extensionCodec: NO_EXTENSIONS });

/** The bytes of a tree of null, booleans, numbers, strings, byte strings, lists and plain objects. */
export function pack(tree: unknown): Uint8Array<ArrayBuffer> {
  return copyBytes(encoder.encodeSharedRef(tree));
}

/** What this program packs is flat: its values of any depth stand in it as byte strings (codec.ts). */
const NESTING_MAX = 16;

/**
 * The tree that `bytes` hold, all of them: of lists and records, at most 16 deep. Byte strings share memory
 * with `bytes`. Throws what `malformed` makes for any other bytes.
 */
export function unpack(bytes: Uint8Array, malformed: MalformedError): unknown {
  const reader = new MsgpackReader(bytes, malformed);
  const tree = reader.tree('a field', NESTING_MAX);
  reader.end();
  return tree;
}
