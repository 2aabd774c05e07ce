// The keys of a group's order (see order-rows.ts), beside those of keys.ts:
//   order      index u64 of a log entry; 0 is there if the order reaches back to the group's beginning
//   purged     path; or nothing, for the newest purge of the group
import type { ActorPath, LogIndex } from '../base/ids.ts';
import { copyBytes } from '../base/small-bytes.ts';
import { NUMBER_BYTES, ORDER, PLACE_BYTES, PURGED } from './key-kinds.ts';
import { putNumber } from './key-numbers.ts';
import type { GroupKeys, KeyRange } from './keys.ts';

export function orderKey(keys: GroupKeys, index: LogIndex | number): Uint8Array {
  const key = keys.deadLetter(index);
  key[PLACE_BYTES] = ORDER;
  return key;
}

/** The key of another entry of the same group. `key` is that of one. */
export function orderBeside(key: Uint8Array, index: number): Uint8Array {
  const other = copyBytes(key);
  putNumber(other, other.length - NUMBER_BYTES, index);
  return other;
}

/** From the entry `from` on. */
export function orderFrom(keys: GroupKeys, from: number): KeyRange {
  return { from: orderKey(keys, from), to: orderKey(keys, Number.MAX_SAFE_INTEGER) };
}

/** Holds the index of the entry that purged the actor last. */
export function purgedKey(keys: GroupKeys, path: ActorPath | ''): Uint8Array {
  const key = keys.head(path as ActorPath);
  key[PLACE_BYTES] = PURGED;
  return key;
}

export const isOrder = (key: Uint8Array): boolean =>
  key[PLACE_BYTES] === ORDER && !(key[0] === 0xff && key[1] === 0xff);
