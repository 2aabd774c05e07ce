// The inputs of a volatile turn, and their conversion for the few turns that do not end at once.
import type { ActorPath } from '../../base/ids.ts';
import type { Random } from '../../base/random.ts';
import type { Data } from '../../base/value.ts';
import type { Item } from '../actor/item.ts';
import type { TurnSource } from '../actor/source.ts';
import type { RuntimeContext } from '../context.ts';
import type { Casts, Envelope } from '../envelope.ts';
import type { TurnInputs } from './host.ts';

export const NO_ANSWERS: TurnInputs['answers'] = [];
export const NO_ASKERS: TurnInputs['askers'] = [];

/**
 * The inputs of one volatile turn after another. Nothing of them is recorded, so time and a seed are made
 * when asked for.
 */
export class VolatileInputs implements TurnInputs {
  readonly #context: Pick<RuntimeContext, 'random' | 'time'>;
  self = '' as ActorPath;
  sender = '' as ActorPath;
  readonly answers = NO_ANSWERS;
  readonly mode = 'volatile';
  readonly askers = NO_ASKERS;
  readonly answersAsk = null;

  constructor(context: Pick<RuntimeContext, 'random' | 'time'>) {
    this.#context = context;
  }

  get wall(): number {
    return this.#context.time.wall;
  }

  get seed(): TurnInputs['seed'] {
    return seedFrom(this.#context.random);
  }
}

export function seedFrom(random: Random): TurnInputs['seed'] {
  return [random.uint32(), random.uint32(), random.uint32()];
}

export function sourceOf(inputs: TurnInputs, message: Data): TurnSource {
  const { self, sender, wall, seed, answers, mode, askers } = inputs;
  return { self, sender, message, wall, seed, answers, mode, askers, origin: null, answersAsk: null };
}

export function itemOf({ to, sender }: Casts, message: Data): Item {
  const envelope: Envelope = { to, sender, origin: null, payload: { kind: 'message', message, ask: null } };
  return { envelope, waiters: undefined, heldSince: undefined };
}
