import { codeUnitAt } from './text-units.ts';

/**
 * A well-mixed 32-bit hash of a text: FNV-1a over its UTF-16 units, finished as MurmurHash3 does. It decides placement, so
 * it must never change. Not for secrets.
 */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0, end = text.length; at < end; at++)
    hash = Math.imul(hash ^ codeUnitAt(text, at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** FNV-1a over `bytes[from, to)`, going on from what came before, if anything did. Fast and weak: for tables in memory. */
export function hashBytes(bytes: Uint8Array, from: number, to: number, before = 0x811c9dc5): number {
  let hash = before;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return hash;
}
