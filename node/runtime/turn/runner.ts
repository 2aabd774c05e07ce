// One turn: a behaviour handles one message. The turn only collects its effects; the caller makes all of them
// durable together, or drops all.
//
// Invariants
//  T1  The same inputs give the same outcome: a behaviour sees time, randomness and answers only through
//      TurnInputs.
//  T2  Nothing of a failed or waiting turn is kept, except the ask that a waiting turn waits for.
//  T3  Whatever leaves a turn is data: no quotation, closure or channel.
//  T4  A turn that takes longer than a slice is restarted in slices, with the same inputs; its effects so far
//      are dropped.
import { cutReason } from '../../base/data-limits.ts';
import { type Data, SeqMap } from '../../base/value.ts';
import type { Behaviour, TurnEnd, TurnRun } from '../behaviour.ts';
import {
  type StateHolder,
  type TurnAwaiting,
  TurnEffects,
  type TurnInputs,
  type TurnLimits,
} from './host.ts';
import type { TurnWants } from './wants.ts';

export interface TurnFault {
  readonly kind: 'fault';
  readonly code: string;
  readonly message: string;
}

/** The state that the turn leaves, or why it leaves none. */
export type TurnOutcome = SeqMap | TurnFault | TurnAwaiting;

/** Runs short turns one after another. */
export class TurnRunner {
  readonly #limits: TurnLimits;
  readonly #budgetReductions: number;
  readonly #effects: TurnEffects;
  /** What the newest turn wants, if it is done: until the next one begins. */
  readonly wants: TurnWants;

  constructor(limits: TurnLimits) {
    this.#limits = limits;
    this.#budgetReductions = Math.min(limits.sliceReductions, limits.turnReductions);
    this.#effects = new TurnEffects(limits);
    this.wants = this.#effects.wants;
  }

  /** Sets what the following turns begin with; the state of `holder` may change between them. */
  set(holder: StateHolder, inputs: TurnInputs): void {
    this.#effects.set(holder, inputs);
  }

  /**
   * Runs one turn of `behaviour`. `long`: it takes more than one slice, or a deeper stack than there is, and
   * is to be done as a LongTurn. Never throws on what the behaviour does.
   */
  run(behaviour: Behaviour, message: Data): TurnOutcome | 'long' {
    const effects = this.#effects;
    effects.forget();
    const ran = behaviour.run(effects.state(), message, effects, this.#budgetReductions);
    if (ran instanceof SeqMap) return ran;
    if (ran.kind === 'exhausted' && this.#budgetReductions < this.#limits.turnReductions) return 'long';
    if (ran.kind === 'fault' && ran.code === 'stack-overflow') return 'long';
    return endOf(ran, effects, this.#limits);
  }

  /** Whether the newest turn wants anything beside its new state. */
  get wanted(): boolean {
    return this.#effects.touched;
  }

  /** Drops what the newest turn wanted, which would be kept in memory until the next one. */
  forget(): void {
    this.#effects.forget();
  }

  /** About how many reductions the newest turn of `behaviour` took. */
  reductionsOf(behaviour: Behaviour): number {
    return this.#budgetReductions - behaviour.reductionsLeft;
  }
}

/** A turn in slices. */
export class LongTurn {
  readonly #limits: TurnLimits;
  readonly #effects: TurnEffects;
  readonly #run: TurnRun;

  constructor(
    behaviour: Behaviour,
    { state }: StateHolder,
    inputs: TurnInputs,
    message: Data,
    limits: TurnLimits,
  ) {
    this.#limits = limits;
    this.#effects = new TurnEffects(limits);
    this.#effects.set({ state }, inputs);
    this.#run = behaviour.start(state, message, this.#effects, limits.turnReductions);
  }

  /** What the turn wants, once it is done. */
  get wants(): TurnWants {
    return this.#effects.wants;
  }

  /** Goes on for one slice. */
  resume(): TurnOutcome | 'running' {
    const ran = this.#run.resume(this.#limits.sliceReductions);
    if (ran.kind === 'running') return 'running';
    return ran.kind === 'done' ? ran.state : endOf(ran, this.#effects, this.#limits);
  }
}

function endOf(ran: TurnEnd, effects: TurnEffects, limits: TurnLimits): TurnFault | TurnAwaiting {
  switch (ran.kind) {
    case 'fault': {
      const at = ran.trace[0];
      const where = at ? ` (in ${at.word}, ${at.file}:${at.line}:${at.column})` : '';
      return { kind: 'fault', code: ran.code, message: `${cutReason(ran.message)}${where}` };
    }
    case 'exhausted':
      return {
        kind: 'fault',
        code: 'turn-budget',
        message: `The turn took more than ${limits.turnReductions} reductions.`,
      };
    case 'awaiting':
      return effects.awaiting ?? NOT_ASKED;
  }
}

const NOT_ASKED = {
  kind: 'fault',
  code: 'internal',
  message: 'The behaviour waits for an answer that it did not ask for.',
} as const;
