// What words ask of the world that their script runs in.
import type { Value } from '../../base/value.ts';
import { Fault } from '../fault.ts';
import type { RunContext } from '../run/context.ts';
import type { WAIT } from '../run/strands.ts';
import type { Results } from '../words/row.ts';
import type { World } from '../world.ts';
import type { BuiltinRow } from './table.ts';

export function worldOf({ host, turn }: RunContext): World {
  if (host.world !== undefined) return host.world;
  throw new Fault(
    'not-in-script',
    turn === undefined
      ? 'This word reaches outside of the program, and where it runs there is nothing outside.'
      : 'This word reaches outside of the program, which only a script may: a turn must give the same when it is repeated.',
  );
}

/** A word that the world carries out at once. */
export const worldly = (
  name: string,
  effect: string,
  run: (world: World, ...args: Value[]) => Results,
): BuiltinRow => ({
  name,
  effect,
  only: 'script',
  host: (context, ...args) => run(worldOf(context), ...args),
});

/** A word whose strand waits for the world. */
export const waiting = (
  name: string,
  effect: string,
  run: (world: World, context: RunContext, ...args: Value[]) => Results | typeof WAIT,
): BuiltinRow => ({
  name,
  effect,
  only: 'script',
  suspends: (context, ...args) => run(worldOf(context), context, ...args),
});
