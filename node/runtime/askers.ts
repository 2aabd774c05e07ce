// Asks name the actors that wait for them, so that a cycle is detected by the ask that would close it.
import type { ErrorCode } from '../base/errors.ts';
import type { ActorPath } from '../base/ids.ts';

const ASK_CYCLE: ErrorCode = 'ask-cycle';

/**
 * How many askers an ask names: the nearest. A circle of more actors is not seen, and ends when the time of
 * its asks is up.
 */
export const ASKERS_MAX = 32;

/** What an ask needs to know of the turn that asks. */
export interface Asker {
  readonly self: ActorPath;
  /** The actors that wait until this turn answers, the nearest last. */
  readonly askers: readonly ActorPath[];
}

/** Those that wait for the answer to an ask of this turn. */
export const askersWith = ({ askers, self }: Asker): readonly ActorPath[] =>
  [...askers, self].slice(-ASKERS_MAX);

/**
 * Why the turn must not ask the actor at `path`: that one waits for this turn itself, so it would never
 * answer.
 */
export function cycleOf(turn: Asker, path: ActorPath): string | undefined {
  const askers = askersWith(turn);
  const from = askers.lastIndexOf(path);
  if (from < 0) return undefined;
  return `${ASK_CYCLE}: ${[...askers.slice(from), path].join(' asks ')}, which waits for that itself.`;
}
