// MessagePack for lists of plain values. One encoder serves all: making one for each call costs more than small encodings.
import { Encoder, type ExtensionCodecType } from '@msgpack/msgpack';
import { InvariantError } from './assert.ts';
import { copyBytes } from './small-bytes.ts';

/** No extensions, not even that of the library for dates, which it would try on every list and byte string. */
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
