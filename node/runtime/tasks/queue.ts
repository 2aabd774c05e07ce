// What a queue of tasks does with one message: a pure function of its state, the message and the time.
//
// Invariants
//  Q1  A task that was taken in is closed once: completed, failed for good, or dropped. With that its row
//      goes, and whoever asked is answered, or its dead letter is kept.
//  Q2  Only the newest lease of a task completes, fails or renews it.
//  Q3  A task is given to workers at most `attempts-max` times.
//  Q4  Tasks are first given in the order of their numbers, which is the order in which they came.
//  Q5  While a task is leased, waits for its back-off, or is dead, an alarm is set that is due when the first
//      of these ends.
import type { Data } from '../../base/value.ts';
import { List, type SeqMap, Variant } from '../../base/value.ts';
import {
  backOffMs,
  KEPT_MAX,
  type QueueOptions,
  QueueState,
  refusedReply,
  type TaskEntry,
  type Token,
  tokenText,
} from './queue-state.ts';

export type QueueMessage =
  /** Of an actor or a client: a new task. */
  | { readonly kind: 'task' }
  | {
      readonly kind: 'take';
      readonly worker: string;
      readonly most: number;
      readonly leaseMs: number | undefined;
    }
  | { readonly kind: 'renew'; readonly token: Token; readonly leaseMs: number | undefined }
  | { readonly kind: 'complete'; readonly token: Token; readonly result: Data }
  /** `retry` false: it has failed for good, however many attempts are left. */
  | { readonly kind: 'fail'; readonly token: Token; readonly reason: string; readonly retry: boolean }
  | { readonly kind: 'configure'; readonly options: Partial<QueueOptions> }
  /** Of an operator: one task, or as many from the first on as one turn drops. */
  | { readonly kind: 'drop'; readonly number: number | 'all' }
  /** Closes a dead task; `row` of QueueTime is there. */
  | { readonly kind: 'bury'; readonly number: number }
  /** The alarm that was set for `due`. */
  | { readonly kind: 'alarm'; readonly due: number };

export type QueueOrder =
  /** Keep the message that the turn handles. */
  | { readonly kind: 'keep'; readonly number: number }
  | ({ readonly kind: 'close'; readonly number: number } & (
      | { readonly answered: Data }
      /** `letter`: where nobody asked, a dead letter is kept. */
      | { readonly refused: string; readonly letter: boolean }
    ))
  /** The row of the task is needed, to bury it. */
  | { readonly kind: 'dead'; readonly number: number }
  | { readonly kind: 'arm'; readonly due: number };

export interface QueueDecision {
  readonly state: SeqMap;
  readonly orders: readonly QueueOrder[];
  /** To whoever waits for the outcome of the message. */
  readonly reply: Data;
}

export interface QueueTime {
  /** Wall time of the group, ms since 1970. */
  readonly wall: number;
  /** A text that nobody can guess. */
  readonly secret: () => string;
  /** Only for tests: the mistake to take what a worker says of a task that is not its own any more. */
  readonly trusts?: boolean;
}

/** Tasks that one turn gives to a worker, at most. */
export const TAKE_MAX = 100;
/** Tasks that one turn drops, or whose time it looks after. */
const TURN_TASKS = 500;
/** How long the queue waits for a dead task to be buried before it looks again. */
const BURY_MS = 1000;

export const DROPPED = 'task-dropped: An operator dropped the task.';

export function decide(map: SeqMap, message: QueueMessage, time: QueueTime): QueueDecision {
  const turn = new QueueTurn(map, time);
  const reply = turn.take(message);
  return { state: turn.state.map, orders: turn.orders, reply };
}

class QueueTurn {
  readonly state: QueueState;
  readonly orders: QueueOrder[] = [];
  readonly #time: QueueTime;

  constructor(map: SeqMap, time: QueueTime) {
    this.state = QueueState.read(map);
    this.#time = time;
  }

  take(message: QueueMessage): Data {
    // What fell due while the queue was stopped, or is about to come.
    const alarm = this.state.get('alarm');
    if (message.kind !== 'alarm' && alarm !== 0 && alarm <= this.#time.wall) this.#alarm(alarm);
    switch (message.kind) {
      case 'task':
        return this.#add();
      case 'take':
        return this.#hand(message.worker, message.most, message.leaseMs);
      case 'renew':
        return this.#renew(message.token, message.leaseMs);
      case 'complete':
        return this.#complete(message.token, message.result);
      case 'fail':
        return this.#fail(message.token, message.reason, message.retry);
      case 'configure':
        this.state.options = { ...this.state.options, ...message.options };
        return new Variant<Data>('Configured', []);
      case 'drop':
        return message.number === 'all' ? this.#dropAll() : this.#drop(message.number);
      case 'bury':
        return this.#bury(message.number);
      case 'alarm':
        return this.#alarm(message.due);
    }
  }

  // ── In and out ──

  #add(): Data {
    const { state } = this;
    const number = state.get('next');
    state.set('next', number + 1);
    state.add('ready', 1);
    this.orders.push({ kind: 'keep', number });
    return new Variant<Data>('Queued', [number]);
  }

  #hand(worker: string, most: number, leaseMs = this.state.options.leaseMs): Data {
    const handed: Data[] = [];
    const at = this.#time.wall + leaseMs;
    while (handed.length < Math.min(most, TAKE_MAX)) {
      const next = this.#next();
      if (next === undefined) break;
      const { number, attempt } = next;
      const token = { number, attempt: attempt + 1, secret: this.#time.secret() };
      const { secret } = token;
      this.state.put(number, { status: 'leased', attempt: token.attempt, at, secret, worker, reason: '' });
      handed.push(List.of<Data>([number, token.attempt, tokenText(token), at, leaseMs]));
    }
    this.state.add('ready', -handed.length);
    this.state.add('leased', handed.length);
    if (handed.length > 0) this.#wakeAt(at);
    return List.of(handed);
  }

  /** The task that is to be given next: those that are to be taken again come first. */
  #next(): { readonly number: number; readonly attempt: number } | undefined {
    const { state } = this;
    for (let again = state.shiftAgain(); again !== undefined; again = state.shiftAgain()) {
      const { number, place } = again;
      const entry = state.task(number);
      // Else it was completed or dropped meanwhile, or has another place.
      if (entry?.status === 'ready' && entry.at === place) return { number, attempt: entry.attempt };
    }
    for (let number = state.get('first'); number < state.get('next'); number++) {
      // Dropped before it was taken.
      const isDropped = state.task(number) !== undefined;
      if (!isDropped && state.get('kept') >= KEPT_MAX) return undefined;
      state.set('first', number + 1);
      if (!isDropped) return { number, attempt: 0 };
      this.#forgetGone(number);
    }
    return undefined;
  }

  #forgetGone(number: number): void {
    if (this.state.task(number)?.status === 'gone') this.state.remove(number);
  }

  // ── What workers say ──

  #renew(token: Token, leaseMs = this.state.options.leaseMs): Data {
    const entry = this.#leased(token);
    if (entry?.status !== 'leased') return this.#lost(token);
    const at = this.#time.wall + leaseMs;
    this.state.put(token.number, { ...entry, at });
    this.#wakeAt(at);
    return new Variant<Data>('Renewed', [at]);
  }

  #complete(token: Token, result: Data): Data {
    const entry = this.#leased(token);
    if (entry === undefined && !this.#time.trusts) return this.#lost(token);
    if (entry !== undefined) this.#forget(token.number, entry);
    this.state.add('completed', 1);
    this.orders.push({ kind: 'close', number: token.number, answered: result });
    return new Variant<Data>('Completed', []);
  }

  #fail(token: Token, reason: string, retry: boolean): Data {
    const entry = this.#leased(token);
    if (entry === undefined) return this.#lost(token);
    const { number } = token;
    const { options } = this.state;
    if (!retry || entry.attempt >= options.attemptsMax) {
      this.#forget(number, entry);
      this.state.add('failed', 1);
      this.orders.push({ kind: 'close', number, refused: `task-failed: ${reason}`, letter: true });
      return new Variant<Data>('Failed', [0]);
    }
    const at = this.#time.wall + backOffMs(options, entry.attempt);
    this.#uncount(entry);
    this.state.add('waiting', 1);
    this.state.put(number, { ...entry, status: 'waiting', at, secret: '', reason });
    this.#wakeAt(at);
    return new Variant<Data>('Failed', [at]);
  }

  /** Q2. Also a lease that ran out, while the task was given to no other. */
  #leased({ number, attempt, secret }: Token): TaskEntry | undefined {
    const entry = this.state.task(number);
    if (entry === undefined || (entry.status !== 'leased' && entry.status !== 'ready')) return undefined;
    return entry.attempt === attempt && entry.secret === secret ? entry : undefined;
  }

  #lost({ number }: Token): Data {
    const entry = this.state.task(number);
    const now =
      entry?.status === 'leased'
        ? `is given to ${entry.worker === '' ? 'another worker' : entry.worker}`
        : entry === undefined || entry.status === 'dead' || entry.status === 'gone'
          ? 'is closed'
          : 'is to be tried again';
    return refusedReply('lease-lost', `The lease of task ${number} is lost: the task ${now}.`);
  }

  // ── What operators say ──

  #drop(number: number): Data {
    const { state } = this;
    const entry = state.task(number);
    if (entry === undefined && !state.isUntaken(number)) return new Variant<Data>('Dropped', [0, state.size]);
    if (entry?.status === 'dead' || entry?.status === 'gone')
      return new Variant<Data>('Dropped', [0, state.size]);
    this.#die(number, entry, DROPPED);
    return new Variant<Data>('Dropped', [1, state.size]);
  }

  #dropAll(): Data {
    const { state } = this;
    let dropped = 0;
    for (const [number, entry] of state.tasks()) {
      if (dropped >= TURN_TASKS) break;
      if (entry.status === 'dead' || entry.status === 'gone') continue;
      this.#die(number, entry, DROPPED);
      dropped++;
    }
    while (dropped < TURN_TASKS && state.get('first') < state.get('next') && state.get('kept') < KEPT_MAX) {
      const number = state.get('first');
      const entry = state.task(number);
      state.set('first', number + 1);
      this.#forgetGone(number);
      if (entry !== undefined) continue;
      this.#die(number, undefined, DROPPED);
      dropped++;
    }
    return new Variant<Data>('Dropped', [dropped, state.size]);
  }

  /** Nobody gets it any more. It is closed once its row is read. */
  #die(number: number, entry: TaskEntry | undefined, reason: string): void {
    if (entry === undefined) this.state.add('ready', -1);
    else this.#uncount(entry);
    this.state.add(reason === DROPPED ? 'dropped' : 'failed', 1);
    const attempt = entry?.attempt ?? 0;
    this.state.put(number, { status: 'dead', attempt, at: 0, secret: '', worker: '', reason });
    this.orders.push({ kind: 'dead', number });
    this.#wakeAt(this.#time.wall + BURY_MS);
  }

  #bury(number: number): Data {
    const entry = this.state.task(number);
    if (entry?.status !== 'dead') return new Variant<Data>('Buried', [0]);
    const { reason } = entry;
    const first = this.state.get('first');
    if (number === first) this.state.set('first', number + 1);
    if (number <= first) this.state.remove(number);
    else this.state.put(number, { ...entry, status: 'gone', reason: '' });
    this.orders.push({ kind: 'close', number, refused: reason, letter: reason !== DROPPED });
    return new Variant<Data>('Buried', [1]);
  }

  // ── Time ──

  /** Q5 */
  #wakeAt(due: number): void {
    const alarm = this.state.get('alarm');
    if (alarm !== 0 && alarm <= due) return;
    this.state.set('alarm', due);
    this.orders.push({ kind: 'arm', due });
  }

  #alarm(due: number): Data {
    const { state } = this;
    const done = List.of<Data>([]);
    if (due !== state.get('alarm')) return done;
    state.set('alarm', 0);
    const { wall } = this.#time;
    let left = TURN_TASKS;
    let next = Number.POSITIVE_INFINITY;
    for (const [number, entry] of [...state.tasks()].sort(([one], [other]) => one - other)) {
      const { status, at } = entry;
      if (status === 'dead') {
        this.orders.push({ kind: 'dead', number });
        next = Math.min(next, wall + BURY_MS);
      }
      if (status !== 'leased' && status !== 'waiting') continue;
      if (at > wall || left === 0) next = Math.min(next, at);
      else {
        left--;
        this.#timeIsUp(number, entry);
      }
    }
    if (next < Number.POSITIVE_INFINITY) this.#wakeAt(Math.max(next, wall));
    return done;
  }

  #timeIsUp(number: number, entry: TaskEntry): void {
    const { state } = this;
    if (entry.status === 'leased') {
      state.add('expired', 1);
      // Q3
      if (entry.attempt >= state.options.attemptsMax) {
        const worker = entry.worker === '' ? 'a worker' : entry.worker;
        return this.#die(number, entry, `task-failed: The lease of ${worker} ran out.`);
      }
    }
    this.#uncount(entry);
    state.add('ready', 1);
    state.put(number, { ...entry, status: 'ready', at: state.pushAgain(number) });
  }

  // ── Counters ──

  #forget(number: number, entry: TaskEntry): void {
    this.#uncount(entry);
    this.state.remove(number);
  }

  #uncount({ status }: TaskEntry): void {
    if (status === 'leased' || status === 'waiting' || status === 'ready') this.state.add(status, -1);
  }
}
