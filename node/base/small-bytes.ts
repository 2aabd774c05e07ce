// Memory for short byte strings. Many share one buffer: a buffer of its own costs a short string more than
// its content does, in time when it is made and again when it is collected. A buffer lives as long as any
// string in it, so what is kept for long beside much that is not should be copied first.

const SLAB_BYTES = 64 * 1024;
const SMALL_BYTES_MAX = 4096;
/** Up to so many bytes a loop is faster than a view of them and a call. */
const LOOP_BYTES_MAX = 32;

let slab = new ArrayBuffer(SLAB_BYTES);
let used = 0;

/** Zeros that nobody else has a view of. Its `byteOffset` is any. */
export function allocateBytes(length: number): Uint8Array<ArrayBuffer> {
  if (length > SMALL_BYTES_MAX) return new Uint8Array(length);
  if (used + length > SLAB_BYTES) {
    slab = new ArrayBuffer(SLAB_BYTES);
    used = 0;
  }
  const bytes = new Uint8Array(slab, used, length);
  used += length;
  return bytes;
}

export function copyBytes(source: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = allocateBytes(source.length);
  bytes.set(source);
  return bytes;
}

/** Copies `source[from, to)` to where `target[at]` is. */
export function copyInto(target: Uint8Array, at: number, source: Uint8Array, from: number, to: number): void {
  if (to - from > LOOP_BYTES_MAX) target.set(source.subarray(from, to), at);
  else for (let each = from; each < to; each++) target[at + each - from] = source[each] as number;
}
