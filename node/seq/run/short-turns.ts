// Turns in the plain form, one after another, as cheap as they can be: most turns take less time than the
// objects of a run.
import type { Data, SeqMap, Value } from '../../base/value.ts';
import type { Behaviour, TurnHost } from '../api.ts';
import type { Context } from './context.ts';
import { type Engine, wholeReductions } from './engine.ts';

/** What differs from behaviour to behaviour. */
export interface ShortTurns {
  readonly engine: Engine;
  context(host: TurnHost): Context;
  /** Calls the code of the behaviour. */
  call(state: SeqMap, message: Data): Value;
  /** Makes the new state of what the code left. */
  finish(state: SeqMap, left: Value): SeqMap;
}

/**
 * Runs turns to their end. One that gets too deep ends as the fault `stack-overflow`. The context is kept as
 * long as the host is the same and no test word was used in it.
 */
export function shortTurns({ engine, context: contextOf, call, finish }: ShortTurns): Behaviour['run'] {
  let context: Context | undefined;
  return (state, message, host, budgetReductions) => {
    if (context === undefined || context.turn !== host || context.tests) context = contextOf(host);
    // Nearly all budgets are whole, and engines add and compare small Ints as such.
    const reductions =
      (budgetReductions | 0) === budgetReductions ? budgetReductions : wholeReductions(budgetReductions);
    return engine.turn(context, reductions, call, finish, state, message);
  };
}
