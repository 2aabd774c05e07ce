// What one run of a program carries along: the host it may call, its budget, and what its test words have
// counted.
import type { BehaviourRef } from '../../base/behaviour-ref.ts';
import type { Text } from '../../base/value.ts';
import type { ScriptHost, TraceEntry, TurnHost } from '../api.ts';
import type { Quotation } from './quotation.ts';
import type { Strands } from './strands.ts';

/** Thrown to end a run that is over its budget; carries no stack and is made once. */
export const EXHAUSTED: unique symbol = Symbol('exhausted');
/** Thrown to give up a run whose answer is not here yet. */
export const AWAITING: unique symbol = Symbol('awaiting');

/** Thrown by a script that ends before its words do. */
export class Exit {
  readonly code: number;

  constructor(code: number) {
    this.code = code;
  }
}

export interface TestCounts {
  name: string;
  passed: number;
  readonly failures: { readonly message: string; readonly line: number }[];
}

export interface RunContext {
  readonly host: ScriptHost;
  /** Present in a turn of an actor. */
  readonly turn: TurnHost | undefined;
  /** The program's name, then its arguments. */
  readonly args: readonly Text[];
  readonly test: TestCounts;
  /** The strands of the run; present where a word of the program needs them. */
  strands: Strands | undefined;
  /** The place of the word that is carried out now. */
  here(): TraceEntry | undefined;
  /**
   * The reference under which the runtime keeps a behaviour. Throws SeqNodeError('not-data') for captured
   * non-data.
   */
  reference(quotation: Quotation): BehaviourRef;
}

/** What a program makes for its runs. */
export class Context implements RunContext {
  /** See strand.ts. */
  static readonly kept = new Context(undefined as never, undefined, [], () => undefined, undefined as never);

  readonly host: ScriptHost;
  readonly turn: TurnHost | undefined;
  readonly args: readonly Text[];
  #test: TestCounts | undefined;
  strands: Strands | undefined = undefined;
  readonly here: () => TraceEntry | undefined;
  readonly reference: (quotation: Quotation) => BehaviourRef;

  constructor(
    host: ScriptHost,
    turn: TurnHost | undefined,
    args: readonly Text[],
    here: () => TraceEntry | undefined,
    reference: (quotation: Quotation) => BehaviourRef,
  ) {
    this.host = host;
    this.turn = turn;
    this.args = args;
    this.here = here;
    this.reference = reference;
  }

  get test(): TestCounts {
    this.#test ??= { name: '', passed: 0, failures: [] };
    return this.#test;
  }

  /** Whether a test word has asked for its counts. */
  get tests(): boolean {
    return this.#test !== undefined;
  }
}
