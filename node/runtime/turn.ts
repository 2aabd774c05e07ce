// One turn: a behaviour handles one message. The turn only collects what it wants to happen; whoever called it makes all of
// that durable together, or drops all of it.
//
// Invariants
//  T1  The same inputs give the same outcome: a behaviour sees time, randomness and answers only through TurnInputs.
//  T2  Nothing of a failed or waiting turn is kept, but the ask that a waiting turn waits for.
//  T3  Whatever leaves a turn is data: no quotation, closure or channel.
import { SeqNodeError } from '../base/errors.ts';
import type { ActorPath } from '../base/ids.ts';
import { SeededRandom } from '../base/random.ts';
import { approximateBytes, assertData, type Data, SeqMap, Variant } from '../base/value.ts';
import type { AskOutcome, Behaviour, BehaviourRef, SpawnPlace, TurnHost } from './behaviour.ts';
import {
  type ActorMode,
  type Answer,
  type Payload,
  resolveAddress,
  resolvePlace,
  uuidFrom,
} from './envelope.ts';

/** Everything that a behaviour can learn from outside itself in one turn. */
export interface TurnInputs {
  readonly self: ActorPath;
  /** Path of the sender; empty for a client. */
  readonly sender: ActorPath | '';
  readonly message: Data;
  /** Wall time at which the turn began, milliseconds since 1970. */
  readonly wall: number;
  readonly seed: readonly [number, number, number];
  /** What the turn's asks were answered, in order. */
  readonly answers: readonly Answer[];
  readonly mode: ActorMode;
}

export interface TurnLimits {
  readonly turnSteps: number;
  readonly messageBytes: number;
  /** Messages, spawns and stops that one turn may send. */
  readonly outboxMessages: number;
}

export interface OutMessage {
  readonly to: ActorPath;
  readonly payload: Payload;
}

export interface TurnDone {
  readonly kind: 'done';
  readonly state: SeqMap;
  readonly events: readonly Data[];
  readonly out: readonly OutMessage[];
  /** What the behaviour replied to the message it handles; undefined if it did not. */
  readonly reply: Data | undefined;
  readonly become: BehaviourRef | undefined;
  readonly stopSelf: boolean;
  /** What the behaviour wrote to standard output. */
  readonly output: string;
}

export type TurnOutcome =
  | TurnDone
  | { readonly kind: 'fault'; readonly code: string; readonly message: string }
  | {
      readonly kind: 'awaiting';
      readonly to: ActorPath;
      readonly message: Data;
      readonly timeoutMs: number | undefined;
    };

const OUTPUT_LENGTH_MAX = 64 * 1024;

/** Runs one turn of `behaviour` on `state`. Never throws on what the behaviour does. */
export function runTurn(
  behaviour: Behaviour,
  state: SeqMap,
  inputs: TurnInputs,
  limits: TurnLimits,
): TurnOutcome {
  const collector = new TurnCollector(state, inputs, limits);
  const result = behaviour.run(state, inputs.message, collector, limits.turnSteps);
  switch (result.kind) {
    case 'fault': {
      const at = result.trace[0];
      const where = at ? ` (in ${at.word}, ${at.file}:${at.line}:${at.column})` : '';
      return { kind: 'fault', code: result.code, message: `${result.message}${where}` };
    }
    case 'exhausted':
      return {
        kind: 'fault',
        code: 'turn-budget',
        message: `The turn took more than ${limits.turnSteps} steps.`,
      };
    case 'awaiting':
      return collector.awaiting();
    case 'done':
      return finish(collector, result.state);
  }
}

function finish(collector: TurnCollector, state: Data): TurnOutcome {
  if (!(state instanceof SeqMap)) {
    return {
      kind: 'fault',
      code: 'bad-state',
      message: 'The behaviour left something other than a Map as its state.',
    };
  }
  return collector.done(state);
}

function checkSize(value: unknown, name: string, limit: number): asserts value is Data {
  if (isSmall(value) && limit >= SMALL_BYTES) return;
  assertData(value, name);
  const size = approximateBytes(value);
  if (size > limit)
    throw new SeqNodeError('too-large', `The ${name} is about ${size} bytes; at most ${limit} are allowed.`);
}

const SMALL_BYTES = 16 * 1024;
const NONE: readonly never[] = [];

// Most messages are a variant of a few scalars, whose size needs no count.
function isSmall(value: unknown): boolean {
  if (value instanceof Variant) {
    for (const field of value.fields) if (!isSmallScalar(field)) return false;
    return value.fields.length <= 12;
  }
  return isSmallScalar(value);
}

function isSmallScalar(value: unknown): boolean {
  return (
    typeof value === 'number' ||
    typeof value === 'boolean' ||
    (typeof value === 'string' && value.length <= 256)
  );
}

class TurnCollector implements TurnHost {
  readonly #state: SeqMap;
  readonly #inputs: TurnInputs;
  readonly #limits: TurnLimits;
  #events: Data[] | undefined;
  #out: OutMessage[] | undefined;
  #random: SeededRandom | undefined;
  #reply: Data | undefined;
  #become: BehaviourRef | undefined;
  #stopSelf = false;
  #output = '';
  #asked = 0;
  #awaiting: { to: ActorPath; message: Data; timeoutMs: number | undefined } | undefined;

  constructor(state: SeqMap, inputs: TurnInputs, limits: TurnLimits) {
    this.#state = state;
    this.#inputs = inputs;
    this.#limits = limits;
  }

  done(state: SeqMap): TurnDone {
    return {
      kind: 'done',
      state,
      events: this.#events ?? NONE,
      out: this.#out ?? NONE,
      reply: this.#reply,
      become: this.#become,
      stopSelf: this.#stopSelf,
      output: this.#output,
    };
  }

  awaiting(): TurnOutcome {
    if (this.#awaiting) return { kind: 'awaiting', ...this.#awaiting };
    return {
      kind: 'fault',
      code: 'internal',
      message: 'The behaviour waits for an answer that it did not ask for.',
    };
  }

  #send(to: ActorPath, payload: Payload): void {
    this.#out ??= [];
    if (this.#out.length >= this.#limits.outboxMessages) {
      throw new SeqNodeError(
        'too-large',
        `One turn may send at most ${this.#limits.outboxMessages} messages.`,
      );
    }
    this.#out.push({ to, payload });
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
    this.#send(path, { kind: 'spawn', code, mode: 'durable' });
    return path;
  }

  send(to: string, message: Data): void {
    checkSize(message, 'message', this.#limits.messageBytes);
    this.#send(resolveAddress(to), { kind: 'message', message, ask: null });
  }

  ask(to: string, message: Data, timeoutMs: number | undefined): AskOutcome {
    this.#durableOnly('actor-ask');
    checkSize(message, 'message', this.#limits.messageBytes);
    const path = resolveAddress(to);
    if (path === this.#inputs.self) {
      throw new SeqNodeError('turn-failed', 'An actor cannot ask itself: it handles one message at a time.');
    }
    const answer = this.#inputs.answers[this.#asked++];
    if (answer !== undefined) return answer;
    this.#awaiting = { to: path, message, timeoutMs };
    return 'awaiting';
  }

  reply(response: Data): void {
    checkSize(response, 'reply', this.#limits.messageBytes);
    if (this.#reply !== undefined)
      throw new SeqNodeError('turn-failed', 'The behaviour replied twice to one message.');
    this.#reply = response;
  }

  self(): string {
    return this.#inputs.self;
  }

  sender(): string {
    return this.#inputs.sender;
  }

  stop(actor: string): void {
    const path = resolveAddress(actor);
    if (path === this.#inputs.self) this.#stopSelf = true;
    else this.#send(path, { kind: 'stop' });
  }

  state(): SeqMap {
    return this.#state;
  }

  append(event: Data): void {
    checkSize(event, 'event', this.#limits.messageBytes);
    this.#events ??= [];
    if (this.#events.length >= this.#limits.outboxMessages) {
      throw new SeqNodeError(
        'too-large',
        `One turn may append at most ${this.#limits.outboxMessages} events.`,
      );
    }
    this.#events.push(event);
  }

  become(behaviour: BehaviourRef): void {
    this.#become = behaviour;
  }

  watch(): void {
    throw new SeqNodeError('turn-failed', 'actor-watch is not available yet.');
  }

  unwatch(): void {
    throw new SeqNodeError('turn-failed', 'actor-unwatch is not available yet.');
  }

  sendAfter(): string {
    throw new SeqNodeError('turn-failed', 'actor-send-after is not available yet.');
  }

  cancelTimer(): void {
    throw new SeqNodeError('turn-failed', 'actor-cancel is not available yet.');
  }

  write(text: string | Uint8Array): void {
    const room = OUTPUT_LENGTH_MAX - this.#output.length;
    if (room > 0)
      this.#output += (typeof text === 'string' ? text : '\ufffd'.repeat(Math.min(text.length, room))).slice(
        0,
        room,
      );
  }

  nowMillis(): number {
    return this.#inputs.wall;
  }

  random(): number {
    return this.#randomness().fraction();
  }

  #randomness(): SeededRandom {
    this.#random ??= new SeededRandom(this.#inputs.seed);
    return this.#random;
  }
}
