import { SeqMap } from '../../base/value.ts';
import type { Behaviour, RunResult } from '../api.ts';

/** What one turn comes to, in the form of other runs. */
export function runTurn(behaviour: Behaviour, ...turn: Parameters<Behaviour['run']>): RunResult {
  const result = behaviour.run(...turn);
  return result instanceof SeqMap ? { kind: 'done', state: result } : result;
}
