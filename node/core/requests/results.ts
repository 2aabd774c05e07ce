// The shapes of `value` in a ClientResult, by operation. But for the reply to an ask they are plain
// MessagePack trees, in which Data stands as its bytes (node/base/codec.ts).

import type { ActorPath, NodeId } from '../../base/ids.ts';
import type { FieldNames } from '../../base/json.ts';
import type { Peer } from '../../base/peer.ts';
import type { Data } from '../../base/value.ts';
import type { SupervisorView } from '../../runtime/lifecycle/supervisor-view.ts';
import type { PrintedLine } from '../../runtime/output.ts';
import type { Activity } from '../../runtime/shard/shard.ts';

/**
 * The states of life that an actor can be in; `quarantined`: what is stored of it cannot be read, so that is
 * not known.
 */
export type Lifecycle = 'running' | 'restarting' | 'suspended' | 'failed' | 'stopped' | 'quarantined';

/** Of `tell`, `spawn`, `stop` and `purge`, whose sequence is that of the last record that is gone. */
export interface Taken {
  /** Of the record that was written; of a read, of the newest one whose state it saw. */
  readonly sequence: number;
  readonly mode: DurabilityMode;
  /** The turn changed nothing, and nothing was written. */
  readonly read?: true;
  /** The id stood for the same before: this is how that ended. */
  readonly replayed?: true;
  /** Of `tell` and `ask`: the leader of the shard, where that is another node than the one that was asked. */
  readonly leader?: NodeId;
}

/** Of `resume`, beside Taken. */
export interface Resumed {
  /** False: it was running, and nothing changed. */
  readonly resumed: boolean;
}

/** Of `suspend`, beside Taken. */
export interface Suspended {
  /** False: it was suspended, and nothing changed. */
  readonly suspended: boolean;
}

/** Of `upgrade`, beside Taken. */
export interface Upgraded {
  /** False: it ran that code, which did not change. */
  readonly upgraded: boolean;
  /** The state of life in which it is. */
  readonly lifecycle: Lifecycle;
}

/** Of `ask`. */
export interface Answered extends Taken {
  readonly reply: Data;
  /** The names of the fields of the variants in it, by tag, as far as the program declares them. */
  readonly fields?: FieldNames;
}

/** How safe an acknowledged message is. See docs/GUARANTEES.md. */
export type DurabilityMode = 'quorum-fsync' | 'single-fsync' | 'volatile';

/**
 * Of `events`: a record of an actor, and where it stands: in which entry, and as which of its records.
 * Sequence 0: the actor was purged. Null: the record cannot be read.
 */
export type EventRow = readonly [
  path: string,
  sequence: number,
  index: number,
  place: number,
  record: Uint8Array | null,
];

/** `index` and `skip`: from where on to read next. */
export interface EventPage {
  readonly events: readonly EventRow[];
  readonly index: number;
  readonly skip: number;
}

/** Of `inspect`. */
export interface Inspected {
  readonly path: string;
  readonly state: Uint8Array;
  readonly sequence: number;
  readonly module: string;
  readonly target: string;
  readonly lifecycle: Lifecycle;
  /** When it came into that state, in milliseconds since 1970; null where that was not kept. */
  readonly since: number | null;
  /**
   * When the turn began that waits for the answer to an ask; null while none does. Messages and orders come
   * after it.
   */
  readonly waitingSince: number | null;
  /** Restarts within the current period, and the last fault, if any. */
  readonly restarts: number;
  readonly lastFault: string | null;
  readonly mode: DurabilityMode;
  readonly node: string;
  readonly nodeName: string;
  readonly shard: number;
  /** The message forms that the behaviour declares, such as `(Deposit Int)`; empty when it declares none. */
  readonly accepts: readonly string[];
  /** Whether turns that change nothing are journaled, too. */
  readonly journalReads: boolean;
  /** The actors that it watches. */
  readonly watching: readonly string[];
  /** How many watches there are of it. */
  readonly watchers: number;
  /** The path of its supervisor. */
  readonly supervisor: string | null;
  /** Of a supervisor: what it supervises. */
  readonly supervises: SupervisorView | null;
  readonly timers: PendingTimers;
  /** Messages that it has put aside. */
  readonly stashed: number;
  /** The prefixes of its subscriptions. */
  readonly subscriptions: readonly string[];
}

/** Timers that an actor has set. */
export interface PendingTimers {
  /** As many as were looked at: one that has `more` has no `next`. */
  readonly count: number;
  readonly more: boolean;
  /** Those that are due first, in that order. `dueMillis`: milliseconds since 1970. */
  readonly next: readonly {
    readonly id: string;
    readonly dueMillis: number;
    readonly every: { readonly periodMs: number; readonly missed: 'once' | 'skip' | 'all' } | null;
    readonly to: string;
  }[];
}

/** A task of a queue, and who has it: see TaskEntry. */
export interface AskedTask {
  readonly number: number;
  readonly status: string;
  readonly attempt: number;
  /** When its lease or its back-off ends, in milliseconds since 1970; 0 where it has none. */
  readonly at: number;
  readonly worker: string;
}

/** Of `why`. */
export interface Doing extends Activity {
  readonly path: string;
  readonly lifecycle: Lifecycle;
  readonly since: number | null;
  readonly lastFault: string | null;
  /**
   * The turn that waits for an answer: whose, since when, how long at most, and who sent the message that it
   * handles ('' for a client).
   */
  readonly waits: {
    readonly for: string | null;
    readonly since: number | null;
    readonly atMost: number | null;
    /** The name of the ask. */
    readonly ask: string;
    readonly sender: string;
  } | null;
  /** Of a queue: the task for which the asker waits. */
  readonly task?: AskedTask;
  readonly watchers: number;
  /** Messages that it has put aside. */
  readonly stashed: number;
  /** Whose child it is, and of a supervisor, what it supervises. */
  readonly supervisor: string | null;
  readonly supervises: SupervisorView | null;
  readonly timers: PendingTimers;
  readonly sequence: number;
  readonly shard: number;
  /** The leader of the shard. */
  readonly node: string;
  readonly nodeName: string;
  /** The names of those that keep the shard. */
  readonly replicas: readonly string[];
}

/** Of `logs`: what an actor printed in turns that the leader of its shard ran, oldest first. */
export interface PrintedPage {
  readonly lines: readonly PrintedLine[];
  /** The cursor behind them. */
  readonly next: string;
  readonly nodeName: string;
}

/**
 * Of `journal`: encoded records (node/journal/journal-record.ts), in order, and where the next page begins,
 * if there is one.
 */
export interface JournalPage {
  readonly records: readonly Uint8Array[];
  readonly next: number | null;
}

/** Of `actors`: in path order, and the path behind which the next page begins, if there is one. */
export interface ActorPage {
  readonly actors: readonly ListedActor[];
  readonly next: string | null;
}

export interface ListedActor {
  readonly path: string;
  readonly sequence: number;
  readonly lifecycle: Lifecycle;
  /** As of Inspected. */
  readonly since: number | null;
  readonly shard: number;
  readonly nodeName: string;
}

/** Of `remove-node` and `keep-node`. */
export interface Departure {
  readonly node: string;
  readonly name: string;
  readonly state: 'member' | 'leaving' | 'removed';
  /** Groups that may still count on the node while it is leaving; 0 is the registry. */
  readonly waiting: readonly number[];
  /** Names of members that have not heard yet who stays, which the leaving node is to tell them. */
  readonly unaware: readonly string[];
}

/** Of `group-state`. */
export interface GroupState {
  readonly leader: string;
  readonly term: number;
  /** Of both configurations while they change. */
  readonly voters: readonly string[];
  readonly learners: readonly string[];
  /**
   * Those of them that follow the log, the leader included: none that is silent, or is still being brought up
   * to date.
   */
  readonly healthy: readonly string[];
  readonly commit: number;
}

/**
 * Of `registry-index`: a number. Of `does-without`: a boolean. Of `has-quorum`, `deploy`, `token`,
 * `readdress`: null. Of `admit` and `replace`:
 */
export interface Admitted {
  readonly cluster: { readonly id: string; readonly shards: number; readonly replicas: number };
  /** Entry of the registry that `peers` stand for. */
  readonly index: number;
  readonly peers: readonly Peer[];
}

/**
 * Of `timers`: encoded timers (node/runtime/actor/timer-row.ts) by id, and behind which id the next page
 * begins.
 */
export interface TimerPage {
  readonly timers: readonly { readonly id: string; readonly bytes: Uint8Array }[];
  readonly next: string | null;
}

/** Of `shard-timers`: encoded timers by owner and id. `more`: others are behind the last. */
export interface ShardTimers {
  readonly timers: readonly {
    readonly owner: ActorPath;
    readonly id: string;
    readonly bytes: Uint8Array;
  }[];
  readonly more: boolean;
}

/** Of `cancel-timer`: false when it was gone already. */
export interface TimerCancelled {
  readonly cancelled: boolean;
}

/**
 * Of `dead-letters`: encoded letters (node/runtime/dead-letters.ts) in the order of their numbers, and where
 * the next page begins.
 */
export interface DeadLetterPage {
  readonly letters: readonly { readonly number: number; readonly bytes: Uint8Array }[];
  readonly next: number | null;
}

/** A task that a worker has, with its lease. */
export interface TakenTask {
  readonly number: number;
  /** 1 for the first. */
  readonly attempt: number;
  readonly token: string;
  /** When the lease runs out, in milliseconds since 1970. */
  readonly until: number;
  /** How long it was when it was given. */
  readonly leaseMs: number;
  readonly message: Uint8Array;
  /** When it came. */
  readonly atMillis: number;
  /** An actor in one of its lives; the queue itself for a client. */
  readonly sender: string;
}

/** Of `take-tasks`. */
export interface TakenTasks {
  readonly tasks: readonly TakenTask[];
}

/** Of `queue-order`: what the queue replied, as bytes. */
export interface QueueReplied {
  readonly reply: Uint8Array;
  readonly replayed?: true;
}

/** A task as a queue has it: what was sent, by whom and when, and what TaskEntry says of it. */
export interface TaskView {
  readonly number: number;
  readonly message: Uint8Array;
  readonly atMillis: number;
  /** As in TakenTask. */
  readonly sender: string;
  /** Whether an actor waits for the answer. */
  readonly asked: boolean;
  readonly status: string;
  readonly attempt: number;
  readonly at: number;
  readonly worker: string;
  readonly reason: string;
}

/** Of `tasks`: in the order of their numbers, and where the next page begins. */
export interface TaskPage {
  readonly tasks: readonly TaskView[];
  readonly next: number | null;
}

/** Of `replay-dead-letter` and `drop-dead-letter`: false when the letter was gone already. */
export interface DeadLetterDone {
  readonly done: boolean;
}

/** Of `open-export`. */
export interface ExportOpened {
  /** The index of the last entry that the view shows. */
  readonly index: number;
}

/** Of `read-export`: packed rows (node/journal/packed-rows.ts), and the key where the range goes on. */
export interface ExportPage {
  readonly rows: Uint8Array;
  readonly next: Uint8Array | null;
}

/** Of `begin-import`, `import-rows` and `end-import`. */
export interface ImportProgress {
  /** How many lots of rows the shard has taken. */
  readonly taken: number;
  /** It has ended. */
  readonly done: boolean;
}
