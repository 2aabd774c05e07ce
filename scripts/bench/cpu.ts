// What processes have used of the processor, as Linux counts it.
import { readdirSync, readFileSync } from 'node:fs';

/** Microseconds of all threads of a process so far, its ended ones not counted. */
export function cpuMicros(pid: number): number {
  let nanos = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      nanos += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
    } catch {
      // The thread ended meanwhile.
    }
  }
  return nanos / 1000;
}
