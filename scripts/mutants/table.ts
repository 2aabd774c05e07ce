import { ACTORS } from './actors.ts';
import { CLUSTER } from './cluster.ts';
import { CONSENSUS } from './consensus.ts';
import { CORE } from './core.ts';
import { OF_EVENTS } from './events.ts';
import { HOST } from './host.ts';
import { JOURNAL } from './journal.ts';
import type { Mutant } from './mutant.ts';
import { OF_STORES } from './stores.ts';
import { OF_TASKS } from './tasks.ts';

export const MUTANTS: readonly Mutant[] = [
  ...CONSENSUS,
  ...CLUSTER,
  ...CORE,
  ...ACTORS,
  ...OF_TASKS,
  ...OF_EVENTS,
  ...JOURNAL,
  ...HOST,
  ...OF_STORES,
];
