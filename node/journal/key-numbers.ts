// Numbers within keys: big-endian in eight bytes, so that they sort.
import { invariant } from '../base/assert.ts';

/** Throws InvariantError for what is no whole number from 0 to 2^53 - 1. */
export function putNumber(bytes: Uint8Array, at: number, number: number) {
  invariant(Number.isSafeInteger(number) && number >= 0, () => `${number} cannot be part of a key`);
  const high = Math.floor(number / 2 ** 32);
  bytes[at] = high >>> 24;
  bytes[at + 1] = high >>> 16;
  bytes[at + 2] = high >>> 8;
  bytes[at + 3] = high;
  bytes[at + 4] = number / 2 ** 24;
  bytes[at + 5] = number / 2 ** 16;
  bytes[at + 6] = number / 2 ** 8;
  bytes[at + 7] = number;
}

/** Undefined for what `putNumber` does not write. */
export function getNumber(view: DataView, at: number): number | undefined {
  const number = view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
  return Number.isSafeInteger(number) ? number : undefined;
}
