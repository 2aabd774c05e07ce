// The host of a behaviour: the inputs of one turn, and its requested effects.

import { invariant } from '../../base/assert.ts';
import type { BehaviourRef } from '../../base/behaviour-ref.ts';
import {
  checkBytes,
  checkData,
  messageLimit,
  type SizeLimit,
  TURN_BYTES_MAX,
} from '../../base/data-limits.ts';
import { SeqNodeError } from '../../base/errors.ts';
import type { ActorPath } from '../../base/ids.ts';
import { resolveAddress } from '../../base/path.ts';
import { SeededRandom } from '../../base/random.ts';
import { type Data, encodedBytes, type SeqMap } from '../../base/value.ts';
import type { Missed, Repetition } from '../actor/timer-row.ts';
import { type Asker, cycleOf } from '../askers.ts';
import type { AskOutcome, SpawnPlace } from '../behaviour.ts';
import { type ActorMode, type Answer, Casts, type Payload, resolvePlace, uuidFrom } from '../envelope.ts';
import {
  checkSupervisor,
  isSupervisor,
  type SupervisorEnd,
  type SupervisorHost,
} from '../lifecycle/supervisor-behaviour.ts';
import { checkPrefix, type SubscriptionWant } from '../subscriptions.ts';
import type { QueueHost } from '../tasks/queue-behaviour.ts';
import type { QueueInput, TaskWant } from '../tasks/queue-ref.ts';
import { isTimerId, type TimerWant, timerId } from './timer-wants.ts';
import { NONE, type OutMessage, type TurnWants, Wants } from './wants.ts';

/** Everything that a behaviour can learn from outside itself in one turn, beside the message. */
export interface TurnInputs extends Asker {
  /** Path of the sender; empty for a client. */
  readonly sender: ActorPath | '';
  /** Wall time at which the turn began, milliseconds since 1970. */
  readonly wall: number;
  readonly seed: readonly [number, number, number];
  /** What the turn's asks were answered, in order. */
  readonly answers: readonly Answer[];
  readonly mode: ActorMode;
  /** The ask that the turn answers. */
  readonly answersAsk: string | null;
  /** Of the turn of a queue. */
  readonly queue?: QueueInput;
}

export interface TurnLimits {
  readonly turnReductions: number;
  /** Reductions after which a turn gives the thread back. */
  readonly sliceReductions: number;
  readonly messageBytes: number;
  /** Messages, spawns and stops that one turn may send. */
  readonly outboxMessages: number;
}

/** The ask that a turn waits for; without a message, whether an actor lives there. */
export interface TurnAwaiting {
  readonly kind: 'awaiting';
  readonly to: ActorPath;
  readonly message: Data | undefined;
  readonly timeoutMs: number | undefined;
}

const OUTPUT_LENGTH_MAX = 64 * 1024;

/** What has the state that a turn begins with. */
export interface StateHolder {
  readonly state: SeqMap;
}

/**
 * Collects for one turn after another. It is old where what a turn makes is young, and the garbage collector
 * charges for each young object that an old one refers to: so as little as can be of a turn is kept here.
 */
export class TurnEffects implements SupervisorHost, QueueHost {
  readonly #limits: TurnLimits;
  readonly #messageLimit: SizeLimit;
  readonly #wants = new Wants();
  #holder!: StateHolder;
  #inputs!: TurnInputs;
  /** Whether there is something to drop. */
  #touched = false;
  #random: SeededRandom | undefined;
  #asked = 0;
  /** How many volatile messages the turn has sent. */
  #cast = 0;
  /** What the turn sends, appends, replies and is answered takes at most, in bytes. */
  #bytes = 0;
  /** The address of the newest one. */
  #castTo: string | undefined;
  /** The ask that the turn waits for. */
  awaiting: TurnAwaiting | undefined;

  constructor(limits: TurnLimits) {
    this.#limits = limits;
    this.#messageLimit = messageLimit(limits.messageBytes);
  }

  /**
   * Sets what the following turns begin with. While a turn is under way, the state of `holder` must stay what
   * it is.
   */
  set(holder: StateHolder, inputs: TurnInputs): void {
    this.#holder = holder;
    this.#inputs = inputs;
  }

  /** Drops what the turn left, before another one. */
  forget(): void {
    if (!this.#touched) return;
    this.#touched = false;
    this.#random = undefined;
    this.#asked = 0;
    this.#cast = 0;
    this.#bytes = 0;
    this.#castTo = undefined;
    this.awaiting = undefined;
    this.#wants.clear();
  }

  /** False only if the turn wants nothing so far. */
  get touched(): boolean {
    return this.#touched;
  }

  /** Holds until the next `forget`. */
  get wants(): TurnWants {
    return this.#wants;
  }

  #touch(): Wants {
    this.#touched = true;
    return this.#wants;
  }

  #send(to: ActorPath, payload: Payload): void {
    const wants = this.#touch();
    if (wants.out === NONE) wants.out = [];
    this.#requireRoom(wants.out.length);
    (wants.out as OutMessage[]).push({ to, payload });
  }

  #requireRoom(sent: number): void {
    const max = this.#limits.outboxMessages;
    if (sent >= max) throw new SeqNodeError('too-large', `One turn may send at most ${max} messages.`);
  }

  /** Takes what may be a little more than the turn has room for, and then counts. */
  #charge(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > TURN_BYTES_MAX) this.#recount();
  }

  #recount(): void {
    const { out, casts, events, timers, reply } = this.#wants;
    let bytes = reply === undefined ? 0 : encodedBytes(reply);
    for (const { payload } of out) bytes += payloadBytes(payload);
    for (const each of casts) bytes += each.bytes();
    for (const timer of timers) if (timer.kind === 'set') bytes += encodedBytes(timer.message);
    for (const event of events) bytes += encodedBytes(event);
    for (let at = 0; at < this.#asked; at++) bytes += answerBytes(this.#inputs.answers[at]!);
    this.#bytes = bytes;
    if (bytes > TURN_BYTES_MAX)
      throw new SeqNodeError(
        'too-large',
        `What one turn sends, appends, replies and is answered takes ${bytes} bytes; at most ${TURN_BYTES_MAX} are allowed.`,
        { bytes, limit: TURN_BYTES_MAX },
      );
  }

  /** The values that a behaviour captured, which are kept as long as it is. */
  #checkCode(code: BehaviourRef): number {
    const { captured } = code;
    if (isSupervisor(code)) checkSupervisor(code);
    let bytes = 0;
    for (const value of captured) bytes += checkData(value, 'captured value', this.#messageLimit);
    const { bytes: limit, setting } = this.#messageLimit;
    if (bytes <= limit) return bytes;
    bytes = captured.reduce<number>((sum, value) => sum + encodedBytes(value), 0);
    if (bytes <= limit) return bytes;
    const message = `What the quotation captured takes ${bytes} bytes; at most ${limit} are allowed (${setting}).`;
    throw new SeqNodeError('too-large', message, { bytes, limit, setting });
  }

  #durableOnly(word: string): void {
    if (this.#inputs.mode === 'durable') return;
    throw new SeqNodeError('turn-failed', `${word} needs a durable actor; this one is volatile.`);
  }

  spawn(code: BehaviourRef, place: SpawnPlace): string {
    this.#durableOnly('actor-spawn');
    const path = resolvePlace(place, this.#inputs.self, () => {
      const random = this.#randomness();
      return uuidFrom([random.uint32(), random.uint32(), random.uint32(), random.uint32()]);
    });
    const bytes = this.#checkCode(code);
    this.#send(path, { kind: 'spawn', code, mode: 'durable', newLife: false });
    this.#charge(bytes);
    return path;
  }

  send(to: string, message: Data, bytes: number): void {
    if (bytes > this.#messageLimit.bytes) checkBytes(message, 'message', this.#messageLimit);
    // Most turns that send much send to one receiver.
    if (to === this.#castTo) {
      this.#requireRoom(this.#cast++);
      const { casts } = this.#wants;
      casts[casts.length - 1]!.add(message, bytes);
      return this.#charge(bytes);
    }
    const path = resolveAddress(to);
    if (this.#inputs.mode === 'durable') {
      this.#send(path, { kind: 'message', message, ask: null });
      return this.#charge(bytes);
    }
    this.#requireRoom(this.#cast++);
    const wants = this.#touch();
    const casts = new Casts(path, this.#inputs.self, [message], bytes);
    this.#castTo = to;
    if (wants.casts === NONE) wants.casts = [casts];
    else (wants.casts as Casts[]).push(casts);
    this.#charge(bytes);
  }

  ask(to: string, message: Data, timeoutMs: number | undefined): AskOutcome {
    this.#durableOnly('actor-ask');
    checkData(message, 'message', this.#messageLimit);
    // The address may come from a message: like one where nobody lives, it is a refusal and no fault of the
    // program.
    let path: ActorPath;
    try {
      path = resolveAddress(to);
    } catch (error) {
      if (error instanceof SeqNodeError) return { refused: `${error.code}: ${error.message}` };
      throw error;
    }
    const cycle = cycleOf(this.#inputs, path);
    if (cycle !== undefined) return { refused: cycle };
    return this.#answerOf({ kind: 'awaiting', to: path, message, timeoutMs });
  }

  #answerOf(awaiting: TurnAwaiting): AskOutcome {
    this.#touched = true;
    const answer = this.#inputs.answers[this.#asked++];
    if (answer !== undefined) {
      this.#charge(answerBytes(answer));
      return answer;
    }
    this.awaiting = awaiting;
    return 'awaiting';
  }

  /** Text that is no address names nobody. */
  whereis(address: string): AskOutcome {
    this.#durableOnly('actor-whereis');
    let path: ActorPath;
    try {
      path = resolveAddress(address);
    } catch (error) {
      if (error instanceof SeqNodeError) return { answered: '' };
      throw error;
    }
    if (path === this.#inputs.self) return { answered: path };
    return this.#answerOf({ kind: 'awaiting', to: path, message: undefined, timeoutMs: undefined });
  }

  reply(response: Data): void {
    const bytes = checkData(response, 'reply', this.#messageLimit);
    const wants = this.#touch();
    if (wants.reply !== undefined)
      throw new SeqNodeError('turn-failed', 'The behaviour replied twice to one message.');
    if (wants.stash) throw repliedAndStashed();
    wants.reply = response;
    this.#charge(bytes);
  }

  self(): string {
    return this.#inputs.self;
  }

  sender(): string {
    return this.#inputs.sender;
  }

  stop(actor: string): void {
    const path = resolveAddress(actor);
    if (path === this.#inputs.self) {
      this.#touch().stopSelf = true;
      return;
    }
    this.#durableOnly('actor-stop of another actor');
    this.#send(path, { kind: 'stop' });
  }

  state(): SeqMap {
    return this.#holder.state;
  }

  append(event: Data): void {
    const bytes = checkData(event, 'event', this.#messageLimit);
    const wants = this.#touch();
    if (wants.events === NONE) wants.events = [];
    if (wants.events.length >= this.#limits.outboxMessages) {
      throw new SeqNodeError(
        'too-large',
        `One turn may append at most ${this.#limits.outboxMessages} events.`,
      );
    }
    (wants.events as Data[]).push(event);
    this.#charge(bytes);
  }

  become(behaviour: BehaviourRef): void {
    this.#checkCode(behaviour);
    this.#touch().become = behaviour;
  }

  stash(): void {
    this.#durableOnly('actor-stash');
    const wants = this.#touch();
    if (wants.stash) throw new SeqNodeError('turn-failed', 'The behaviour stashed one message twice.');
    if (wants.reply !== undefined) throw repliedAndStashed();
    wants.stash = true;
  }

  unstashAll(): void {
    this.#durableOnly('actor-unstash-all');
    this.#touch().unstash = true;
  }

  // ── Supervisors ──

  order(to: ActorPath, payload: Payload): void {
    this.#durableOnly('A supervisor');
    const wants = this.#touch();
    if (wants.out === NONE) wants.out = [];
    (wants.out as OutMessage[]).push({ to, payload });
    this.#charge(payloadBytes(payload));
  }

  ready(): void {
    this.#touch().ready = true;
  }

  end(end: SupervisorEnd): void {
    this.#touch().end = end;
  }

  arm(id: string, message: Data, delayMs: number): void {
    this.#timers().push({ kind: 'set', id, to: this.#inputs.self, message, delayMs, every: undefined });
  }

  disarm(id: string): void {
    this.#timers().push({ kind: 'cancel', id });
  }

  asker(): string | undefined {
    const { sender, answersAsk } = this.#inputs;
    return sender === '' || answersAsk === null ? undefined : `${sender} ${answersAsk}`;
  }

  defer(): void {
    this.#touch().deferred = true;
  }

  answer(asker: string, outcome: Answer): void {
    const [to, ask] = asker.split(' ') as [ActorPath, string];
    this.order(to, { kind: 'answer', ask, outcome });
  }

  // ── Queues ──

  queueInput(): QueueInput {
    const { queue } = this.#inputs;
    invariant(queue !== undefined, 'the turn is that of no queue');
    return queue;
  }

  task(want: TaskWant): void {
    const wants = this.#touch();
    if (wants.tasks === NONE) wants.tasks = [];
    (wants.tasks as TaskWant[]).push(want);
  }

  watch(actor: string): void {
    this.#watch('actor-watch', actor, false);
  }

  unwatch(actor: string): void {
    this.#durableOnly('actor-unwatch');
    this.#send(resolveAddress(actor), { kind: 'unwatch', reference: '', link: false });
  }

  subscribe(prefix: string): void {
    this.#subscription('subscribe', prefix);
  }

  unsubscribe(prefix: string): void {
    this.#subscription('unsubscribe', prefix);
  }

  #subscription(kind: SubscriptionWant['kind'], prefix: string): void {
    this.#durableOnly(`actor-${kind}`);
    checkPrefix(prefix);
    const wants = this.#touch();
    this.#requireRoom(wants.subscriptions.length);
    wants.subscriptions = [...wants.subscriptions, { prefix, kind }];
  }

  link(actor: string): void {
    this.#watch('actor-link', actor, true);
  }

  unlink(actor: string): void {
    this.#durableOnly('actor-unlink');
    this.#send(resolveAddress(actor), { kind: 'unwatch', reference: '', link: true });
  }

  #watch(word: string, actor: string, link: boolean): void {
    this.#durableOnly(word);
    const path = resolveAddress(actor);
    const does = link ? 'be linked to' : 'watch';
    if (path === this.#inputs.self) throw new SeqNodeError('turn-failed', `An actor cannot ${does} itself.`);
    this.#send(path, { kind: 'watch', reference: '', link });
  }

  sendAfter(to: string, message: Data, delayMs: number): string {
    return this.#setTimer('actor-send-after', to, message, delayMs, undefined);
  }

  sendEvery(to: string, message: Data, periodMs: number, missed: Missed): string {
    return this.#setTimer('actor-send-every', to, message, periodMs, { periodMs, missed });
  }

  #setTimer(word: string, to: string, message: Data, delayMs: number, every: Repetition | undefined): string {
    this.#durableOnly(word);
    const bytes = checkData(message, 'message', this.#messageLimit);
    const path = resolveAddress(to);
    const timers = this.#timers();
    const id = timerId(this.#inputs.seed, timers.length);
    timers.push({ kind: 'set', id, to: path, message, delayMs, every });
    this.#charge(bytes);
    return id;
  }

  cancelTimer(id: string): void {
    this.#durableOnly('actor-cancel');
    if (isTimerId(id)) this.#timers().push({ kind: 'cancel', id });
  }

  /** With room for one more. */
  #timers(): TimerWant[] {
    const wants = this.#touch();
    if (wants.timers === NONE) wants.timers = [];
    const max = this.#limits.outboxMessages;
    if (wants.timers.length >= max)
      throw new SeqNodeError('too-large', `One turn may set and cancel at most ${max} timers.`);
    return wants.timers as TimerWant[];
  }

  write(text: string | Uint8Array): void {
    const wants = this.#touch();
    const room = OUTPUT_LENGTH_MAX - wants.output.length;
    if (room <= 0) return;
    const written = typeof text === 'string' ? text : '\ufffd'.repeat(Math.min(text.length, room));
    wants.output += written.slice(0, room);
  }

  nowMillis(): number {
    return this.#inputs.wall;
  }

  random(): number {
    return this.#randomness().fraction();
  }

  #randomness(): SeededRandom {
    this.#touched = true;
    this.#random ??= new SeededRandom(this.#inputs.seed);
    return this.#random;
  }
}

const repliedAndStashed = () =>
  new SeqNodeError('turn-failed', 'A message that is stashed is answered when it is handled.');

function payloadBytes(payload: Payload): number {
  if (payload.kind === 'message') return encodedBytes(payload.message);
  if (payload.kind !== 'spawn' && payload.kind !== 'start-child') return 0;
  return payload.code.captured.reduce<number>((sum, value) => sum + encodedBytes(value), 0);
}

const answerBytes = (answer: Answer) => ('answered' in answer ? encodedBytes(answer.answered) : 0);
