// MessagePack for lists of plain values. One encoder serves all: making one for each call costs more than small encodings.
import { Encoder } from '@msgpack/msgpack';

const encoder = new Encoder();

/** The bytes of a tree of null, booleans, numbers, strings, byte strings, lists and plain objects. */
export function pack(tree: unknown): Uint8Array<ArrayBuffer> {
  return encoder.encode(tree);
}
