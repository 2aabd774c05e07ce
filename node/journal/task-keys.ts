// The keys of the tasks of queues, beside those of keys.ts and in the form of a record:
//   task       path of the queue 00 number u64
import type { ActorPath } from '../base/ids.ts';
import { PLACE_BYTES, TASK } from './key-kinds.ts';
import type { GroupKeys, KeyRange } from './keys.ts';

export function taskKey(keys: GroupKeys, queue: ActorPath, number: number): Uint8Array {
  const key = keys.record(queue, number);
  key[PLACE_BYTES] = TASK;
  return key;
}

/** The tasks of a queue from `from` on. */
export function tasksOf(keys: GroupKeys, queue: ActorPath, from = 0): KeyRange {
  return {
    from: taskKey(keys, queue, from),
    to: taskKey(keys, queue, Number.MAX_SAFE_INTEGER),
  };
}
