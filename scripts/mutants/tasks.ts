// Mistakes with queues of tasks.
import type { Mutant, MutantTest } from './mutant.ts';

const of = (test: string): MutantTest => ({ ava: test });
const RULES = of('node/runtime/tasks/queue.test.ts');
const MODEL = of('node/runtime/tasks/queue-model.test.ts');
const QUEUES = of('node/host/queues.test.ts');

export const OF_TASKS: readonly Mutant[] = [
  {
    name: 'lease-of-another-completes',
    file: 'node/runtime/tasks/queue.ts',
    before: 'return entry.attempt === attempt && entry.secret === secret ? entry : undefined;',
    after: 'return entry.attempt >= attempt && secret !== undefined ? entry : undefined;',
    why: 'A worker completes a task that another has.',
    test: RULES,
  },
  {
    name: 'one-attempt-too-many',
    file: 'node/runtime/tasks/queue.ts',
    before: 'if (entry.attempt >= state.options.attemptsMax) {',
    after: 'if (entry.attempt > state.options.attemptsMax) {',
    why: 'A lease that runs out on the last attempt gives another.',
    test: MODEL,
  },
  {
    name: 'alarm-stays-late',
    file: 'node/runtime/tasks/queue.ts',
    before: 'if (alarm !== 0 && alarm <= due) return;',
    after: 'if (alarm !== 0) return;',
    why: 'A lease that ends before all others is noticed late.',
    test: MODEL,
  },
  {
    name: 'ask-of-queue-times-out',
    file: 'node/runtime/asks.ts',
    before: 'timeoutMs !== undefined || to === undefined || !isQueuePath(to);',
    after: 'timeoutMs !== undefined || to !== undefined;',
    why: 'An asker gives up on a task that takes long.',
    test: QUEUES,
  },
  {
    name: 'queue-without-capacity',
    file: 'node/runtime/inbox/inbox.ts',
    before: 'return size + queue.length >= capacity;',
    after: 'return size + queue.length >= capacity + 1_000_000;',
    why: 'A queue takes in more tasks than it may hold.',
    test: QUEUES,
  },
  {
    name: 'worker-is-not-woken',
    file: 'node/runtime/tasks/shard-tasks.ts',
    before: '    this.#woken.add(path);\n',
    after: '',
    why: 'A worker that waits does not hear of the task that comes.',
    test: QUEUES,
  },
  {
    name: 'purge-with-tasks',
    file: 'node/runtime/lifecycle/lifecycle.ts',
    before: '    if (size > 0) {\n      const message = `The queue',
    after: '    if (size < 0) {\n      const message = `The queue',
    why: 'A purge loses tasks for which somebody waits.',
    test: QUEUES,
  },
];
