// A turn, and where its message came from.
import type { Actor } from '../actor/actor.ts';
import type { Item } from '../actor/item.ts';
import type { TurnSource } from '../actor/source.ts';
import type { Origin } from '../envelope.ts';

export interface Job {
  readonly actor: Actor;
  readonly item: Item;
  readonly source: TurnSource;
  /** The answer that woke the turn, if it had to wait for one. */
  readonly alsoMark: Origin | null;
}

/** What a message costs beside the steps of its turn, in steps. */
export const MESSAGE_STEPS = 100;

export const TOO_LARGE = {
  kind: 'fault',
  code: 'too-large',
  message: 'The state outgrew runtime.state-bytes-max.',
} as const;
