// RocksDB's background threads. They run deferrable work in bursts that occupy a core for seconds; at normal
// priority they would take it from the threads that answer requests.
import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';

const TASKS = '/proc/self/task';
/**
 * What RocksDB calls the threads that compact. Those that flush keep their priority: writes wait for them.
 */
const COMPACTS = 'rocksdb:low';
/**
 * A third of the weight of other threads: under full load, more than what compaction takes in the long run.
 */
const NICE = 5;

/**
 * Lets compaction give way to others, where the system tells which threads do it (Linux). To be called after
 * opening.
 */
export function yieldCompaction(): void {
  if (process.platform !== 'linux') return;
  try {
    for (const thread of readdirSync(TASKS))
      if (readFileSync(`${TASKS}/${thread}/comm`, 'utf8').trim() === COMPACTS)
        setPriority(Number(thread), NICE);
  } catch {
    // A thread that ended meanwhile, or a system that does not allow it: then nothing yields.
  }
}
