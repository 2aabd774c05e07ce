import { crc32c } from './crc32c.ts';
import { allocateBytes } from './small-bytes.ts';
import { codeUnitAt } from './text-units.ts';

/**
 * A well-mixed 32-bit hash of a text: FNV-1a over its UTF-16 units, finished as MurmurHash3 does. It decides
 * placement, so it must never change. Not for secrets.
 */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0, end = text.length; at < end; at++)
    hash = Math.imul(hash ^ codeUnitAt(text, at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * FNV-1a over `bytes[from, to)`, going on from what came before, if anything did. Fast and weak: for tables
 * in memory.
 */
export function hashBytes(bytes: Uint8Array, from: number, to: number, before = 0x811c9dc5): number {
  let hash = before;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return hash;
}

/**
 * 8 bytes that differ for different `bytes`, but once in 2^64 times: MurmurHash3 (x86, 32 bits) and CRC-32C,
 * which have nothing in common. Kept on disk, so it must never change. Not for secrets, and not against
 * somebody who looks for two with the same.
 */
export function fingerprint(bytes: Uint8Array): Uint8Array {
  const own = allocateBytes(8);
  putWord(own, 0, murmur3(bytes));
  putWord(own, 4, crc32c(bytes));
  return own;
}

function putWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word;
  bytes[at + 1] = word >>> 8;
  bytes[at + 2] = word >>> 16;
  bytes[at + 3] = word >>> 24;
}

/** https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp, MurmurHash3_x86_32 with the seed 0. */
function murmur3(bytes: Uint8Array): number {
  const { length } = bytes;
  let hash = 0;
  let at = 0;
  for (const whole = length & ~3; at < whole; at += 4) {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    hash ^= scramble(word);
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let shift = 0; at < length; at++, shift += 8) tail |= bytes[at]! << shift;
  hash ^= scramble(tail) ^ length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function scramble(word: number): number {
  const mixed = Math.imul(word, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}
