// What some simulated clusters do besides what all of them do: each seed has some of it.
import type { ActorPath, ModuleHash } from '../node/base/ids.ts';
import type { Cluster } from './cluster.ts';
import { EventWorkload } from './event-workload.ts';
import type { ActorJournal } from './history-checker.ts';
import { LetterWorkload } from './letter-workload.ts';
import { LinkWorkload } from './link-workload.ts';
import { SagaWorkload } from './saga-workload.ts';
import { StashWorkload } from './stash-workload.ts';
import { SubscriptionWorkload } from './subscription-workload.ts';
import { SupervisedTreeWorkload } from './supervised-tree-workload.ts';
import { SupervisedWorkload } from './supervised-workload.ts';
import { TaskWorkload } from './task-workload.ts';
import { WatchWorkload } from './watch-workload.ts';

/** A client, or some, of actors of its own. */
export interface Extra {
  /** Creates the actors; to be called on a cluster that is whole and has the program. */
  prepare(): void;
  begin(): void;
  /** Nothing new; what is under way goes on. */
  stop(): void;
  readonly isDone: boolean;
  /** What there is to say of one that is not done. */
  readonly unsettled: string;
  /** Of the journals that all replicas agree on. */
  check(journals: ReadonlyMap<ActorPath, ActorJournal>): void;
}

const MAKERS = {
  watches: [WatchWorkload],
  supervised: [SupervisedWorkload, SupervisedTreeWorkload],
  letters: [LetterWorkload],
  links: [LinkWorkload],
  sagas: [SagaWorkload],
  stashes: [StashWorkload],
  tasks: [TaskWorkload],
  events: [EventWorkload],
  subscriptions: [SubscriptionWorkload],
} as const;

export type ExtraName = keyof typeof MAKERS;

/** By the seed. Eleven, as sizes go by threes and disks by fours: so all of them meet. */
const TURNS: readonly ExtraName[] = [
  'watches',
  'tasks',
  'supervised',
  'links',
  'stashes',
  'events',
  'letters',
  'subscriptions',
  'sagas',
  'links',
  'letters',
];

export function extrasOf(seed: number): readonly ExtraName[] {
  return [TURNS[seed % TURNS.length] as ExtraName];
}

export function makeExtras(names: readonly ExtraName[], cluster: Cluster, module: ModuleHash): Extra[] {
  return names.flatMap((name) => MAKERS[name].map((Each) => new Each(cluster, module)));
}
