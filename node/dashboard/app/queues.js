// What follows from the tasks of a queue.

/** @import { Task } from './api-types.d.ts' */

/**
 * Who has tasks now, those whose lease ends first at the top.
 * @param {readonly Task[]} tasks
 */
export function workersOf(tasks) {
  /** @type {Map<string, { worker: string, tasks: number, untilMillis: number }>} */
  const workers = new Map();
  for (const { status, worker, untilMillis } of tasks) {
    if (status !== 'leased' || untilMillis === null) continue;
    const name = worker === null || worker === '' ? 'without a name' : worker;
    const known = workers.get(name) ?? { worker: name, tasks: 0, untilMillis };
    workers.set(name, {
      worker: name,
      tasks: known.tasks + 1,
      untilMillis: Math.min(known.untilMillis, untilMillis),
    });
  }
  return [...workers.values()].sort((a, b) => a.untilMillis - b.untilMillis);
}
