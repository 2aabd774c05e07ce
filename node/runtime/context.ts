// The services of the node for every part of the runtime: the time of the step, limits, randomness, the
// store, the log and counters.
import type { BehaviourRef } from '../base/behaviour-ref.ts';
import type { ActorPath, Millis, ModuleHash } from '../base/ids.ts';
import type { Random } from '../base/random.ts';
import type { StoreReader } from '../journal/scanning.ts';
import type { Behaviour } from './behaviour.ts';

/**
 * The time of one step. `now` is monotonic and never compared between nodes; `wall` is milliseconds since
 * 1970, for people.
 */
export interface StepTime {
  readonly now: Millis;
  readonly wall: number;
}

export type Fields = Readonly<Record<string, string | number | boolean | null>>;

/** Counters since the start of the node, for metrics. */
export type Metric =
  | 'turns'
  | 'reads'
  | 'faults'
  | 'restarts'
  /** Supervisors that ended because they had to restart too often. */
  | 'escalations'
  | 'duplicates'
  | 'dead-letters'
  | 'overloaded'
  | 'timers-fired'
  /** That actors were told of by their subscriptions. */
  | 'events-taken'
  | 'tasks-queued'
  | 'tasks-completed'
  | 'tasks-failed'
  | 'task-leases-expired'
  | 'malformed-frames'
  | LifeMetric;

/** The transitions of the life of an actor, except a restart. */
export type LifeMetric = 'spawned' | 'stopped' | 'failed' | 'suspended' | 'resumed' | 'upgraded' | 'purged';

export interface ActorLimits {
  /** Messages that wait for one actor, and their bytes; as many may be stashed. */
  readonly mailboxMessages: number;
  readonly mailboxBytes: number;
  readonly messageBytes: number;
  readonly stateBytes: number;
  readonly outboxMessages: number;
  /** Messages of one actor that its receivers have not taken, and their bytes: with more it waits. */
  readonly outboxWaiting: number;
  readonly outboxBytes: number;
  /** Dead letters that a shard keeps: at most so many, and so many bytes of them. */
  readonly deadLetters: number;
  readonly deadLetterBytes: number;
  /** Marks that a queue keeps of leases that its workers ended. */
  readonly leaseMarks: number;
  /** Reductions that one turn may take. */
  readonly turnReductions: number;
  /** Reductions after which a turn, and the `run` that it is part of, give the thread back. */
  readonly sliceReductions: number;
  /** How long `actor-ask` waits for its answer before the turn fails. */
  readonly askTimeoutMs: number;
  /** Restarts allowed within `restartPeriodMs`. */
  readonly restarts: number;
  readonly restartPeriodMs: number;
  /** A record with the whole state is written after so many records, or so many bytes of records. */
  readonly snapshotRecords: number;
  readonly snapshotBytes: number;
}

/**
 * Whether this node knows all of the registry that was committed when it was asked; `unknown` while no
 * majority of it answers.
 */
export type RegistryState = 'current' | 'behind' | 'unknown';

export interface RuntimeContext extends StoreReader {
  readonly limits: ActorLimits;
  /** Only for tests: mistakes to make on purpose. */
  readonly faults: ReadonlySet<string>;
  readonly random: Random;
  readonly time: StepTime;
  log(level: 'debug' | 'info' | 'warn' | 'error', event: string, fields: Fields): void;
  count(metric: Metric, by?: number): void;
  /** What a turn of the actor at `path` printed. */
  printed(path: ActorPath, text: string): void;
  /** `unknown-module`: it is not deployed, or not here yet. */
  behaviour(code: BehaviourRef): Behaviour | 'unknown-module' | 'unknown-word';
  /** The word as what makes a state of another: see Program.migration. */
  migration(module: ModuleHash, word: string): Behaviour | 'unknown-module' | 'unknown-word';
  registryIsCurrent(done: (state: RegistryState) => void): void;
}
