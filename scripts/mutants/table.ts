import { ACTORS } from './actors.ts';
import { CLUSTER } from './cluster.ts';
import { CONSENSUS } from './consensus.ts';
import { CORE } from './core.ts';
import { HOST } from './host.ts';
import { JOURNAL } from './journal.ts';
import type { Mutant } from './mutant.ts';

export const MUTANTS: readonly Mutant[] = [...CONSENSUS, ...CLUSTER, ...CORE, ...ACTORS, ...JOURNAL, ...HOST];
