// Queues that live in memory, for tests of the gateway and the command line. A worker that waits for a task
// hears at once that there is none.
import { SeqNodeError } from '../base/errors.ts';
import type { ActorPath } from '../base/ids.ts';
import type { Data } from '../base/value.ts';
import type { QueueApi, QueueOptions, QueueView, TakeOptions, Task, TaskView } from '../host/api.ts';

interface MemoryTask {
  readonly number: number;
  readonly message: Data;
  attempt: number;
  token: string;
  worker: string;
}

class MemoryQueue {
  readonly tasks: MemoryTask[] = [];
  options: QueueOptions = { leaseMs: 30_000, attemptsMax: 5, backOffMs: 1000, capacity: 100_000 };
  added = 0;
}

const UNTIL = 1_700_000_030_000;
const SENDER = '/user/x' as ActorPath;

export class MemoryQueues implements QueueApi {
  readonly #queues = new Map<string, MemoryQueue>();
  /** What workers said of tasks, in order. */
  readonly said: string[] = [];

  add(name: string, message: Data): void {
    const queue = this.#of(name);
    queue.tasks.push({ number: ++queue.added, message, attempt: 0, token: '', worker: '' });
  }

  #of(name: string): MemoryQueue {
    const queue = this.#queues.get(name) ?? new MemoryQueue();
    this.#queues.set(name, queue);
    return queue;
  }

  #leased(name: string, token: string): MemoryTask {
    const task = this.#of(name).tasks.find((each) => each.token === token);
    if (task === undefined) throw new SeqNodeError('lease-lost');
    return task;
  }

  #close(name: string, task: MemoryTask): void {
    const { tasks } = this.#of(name);
    tasks.splice(tasks.indexOf(task), 1);
  }

  async take(name: string, { worker = '', most = 1, leaseMs = 30_000 }: TakeOptions = {}) {
    const free = this.#of(name).tasks.filter(({ token }) => token === '');
    const tasks = free.slice(0, most).map((task): Task => {
      Object.assign(task, {
        attempt: task.attempt + 1,
        token: `${task.number}.${task.attempt + 1}.a`,
        worker,
      });
      const { number, attempt, token, message } = task;
      const lease = { token, untilMillis: UNTIL, leaseMs };
      return { number, attempt, ...lease, message, atMillis: UNTIL, sender: SENDER };
    });
    return { tasks };
  }

  async complete(name: string, token: string, result: Data) {
    const task = this.#leased(name, token);
    this.#close(name, task);
    this.said.push(`complete ${task.number} ${JSON.stringify(result)}`);
    return {};
  }

  async fail(name: string, token: string, reason: string, { retry = true } = {}) {
    const task = this.#leased(name, token);
    this.said.push(`fail ${task.number} ${reason}`);
    task.token = '';
    if (retry && task.attempt < this.#of(name).options.attemptsMax) return { retryMillis: UNTIL };
    this.#close(name, task);
    return { retryMillis: null };
  }

  async renew(name: string, token: string) {
    this.said.push(`renew ${this.#leased(name, token).number}`);
    return { untilMillis: UNTIL };
  }

  async configure(name: string, options: Partial<QueueOptions>) {
    const queue = this.#of(name);
    queue.options = { ...queue.options, ...options };
  }

  async drop(name: string, number: number | 'all') {
    const queue = this.#of(name);
    const dropped = queue.tasks.filter((task) => number === 'all' || task.number === number);
    for (const task of dropped) this.#close(name, task);
    return { dropped: dropped.length, left: queue.tasks.length };
  }

  async view(name: string): Promise<QueueView> {
    const queue = this.#queues.get(name);
    if (queue === undefined) throw new SeqNodeError('no-such-actor', `No actor lives at /queue/${name}.`);
    const { tasks, options } = queue;
    const ready = tasks.filter(({ token }) => token === '').length;
    const ever = { completed: 0, failed: 0, expired: 0, dropped: 0 };
    const path = `/queue/${name}` as ActorPath;
    return { name, path, options, ready, leased: tasks.length - ready, waiting: 0, ...ever };
  }

  async list() {
    const names = [...this.#queues.keys()].sort();
    return { queues: await Promise.all(names.map((name) => this.view(name))), next: null };
  }

  async tasks(name: string, { from }: { readonly from: number }) {
    const tasks = this.#of(name).tasks.map(({ number, message, attempt, token, worker }): TaskView => {
      const lease = { untilMillis: token === '' ? null : UNTIL, worker: worker || null, reason: null };
      const status = token === '' ? 'ready' : 'leased';
      const sent = { message, atMillis: UNTIL, sender: SENDER, asked: false };
      return { number, status, attempt, ...lease, ...sent };
    });
    return { tasks: tasks.filter(({ number }) => number >= from), next: null };
  }
}
