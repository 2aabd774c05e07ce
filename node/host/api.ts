// What a running node offers to its gateway and to programs that embed it. Everything goes through here.

import type { ErrorCode } from '../base/errors.ts';
import type { ActorPath, GroupId, ModuleHash, NodeId } from '../base/ids.ts';
import type { FieldNames } from '../base/json.ts';
import type { Data } from '../base/value.ts';
import type { Doing, DurabilityMode, Inspected, Lifecycle, PrintedPage } from '../core/requests/results.ts';
import type { ActorMode } from '../core/types.ts';
import type { ProgramInterface } from '../seq/index.ts';
import type { MoveApi } from './export-api.ts';
import type { QueueApi } from './queue-api.ts';

export type { DurabilityMode, Lifecycle } from '../core/requests/results.ts';
export type { ActorMode } from '../core/types.ts';
export type { Counters, MoveApi } from './export-api.ts';
export {
  QUEUE_LIMITS,
  type QueueApi,
  type QueueOptions,
  type QueueView,
  type TakeOptions,
  type Task,
  type TaskView,
} from './queue-api.ts';

export interface Acknowledgement {
  readonly acknowledged: true;
  readonly mode: DurabilityMode;
  /**
   * The sequence number of the journal record that holds the message's turn; of a read, of the newest record
   * that it saw.
   */
  readonly sequence: number;
  /**
   * The turn changed nothing, and nothing was written: the id is still free, and a repeat may be answered by
   * a newer state.
   */
  readonly read?: true;
  /** The id had been sent before, for the very same, and this is how that ended. */
  readonly replayed?: true;
  /** The node that leads the actor's shard, where that is another than the one that was asked. */
  readonly leader?: NodeId;
}

export interface AskResult {
  readonly response: Data;
  /** The names of the fields of the variants in it, by tag, as far as the actor's program declares them. */
  readonly fields?: FieldNames;
  readonly mode: DurabilityMode;
  readonly sequence: number;
  /** As of an acknowledgement. */
  readonly read?: true;
  readonly replayed?: true;
  readonly leader?: NodeId;
}

export interface MessageOptions {
  /**
   * The same id takes effect once at a path, however often it is sent; for something else it is refused.
   * Default: a fresh random id.
   */
  readonly id?: string;
  /** How long to wait, in milliseconds, before the outcome counts as unknown. Default 5,000. */
  readonly timeoutMs?: number;
}

export interface Exchange {
  readonly operation: 'tell' | 'ask';
  readonly path: string;
  readonly message: Data;
  readonly options: MessageOptions;
}

/** What an `exchange` came to. */
export type Exchanged = Acknowledgement | AskResult | Error;

export interface Resumption extends Acknowledgement {
  /** False: the actor was running, and nothing changed. */
  readonly resumed: boolean;
}

export interface Suspension extends Acknowledgement {
  /** False: the actor was suspended, and nothing changed. */
  readonly suspended: boolean;
}

/** What an actor is to run: `word` is absent for the word that it runs now. */
export interface UpgradeCode {
  readonly module: ModuleHash;
  readonly word?: string | undefined;
}

export interface UpgradeOptions extends MessageOptions {
  /** A word ( Map -- Map ) of the module that makes the new state of the one that there is. */
  readonly migrate?: string;
  /** Let an actor that is suspended, stopped or has failed go on at once. Default false. */
  readonly resume?: boolean;
}

export interface Upgraded extends Acknowledgement {
  /** False: the actor ran that code already, and it did not change. */
  readonly upgraded: boolean;
  /** The state of life that the actor is in. */
  readonly lifecycle: Lifecycle;
}

export interface PurgeOptions extends MessageOptions {
  /** The path of the actor, once more. */
  readonly confirm: string;
  /** Also where it has not ended: then it is stopped first. Default false. */
  readonly force?: boolean;
}

export interface SpawnOptions extends MessageOptions {
  /**
   * Where an actor is stopped or has failed: begin with an empty state, and give its own up. Default false.
   */
  readonly newLife?: boolean;
  /** `volatile`: nothing of the actor is journaled, so it is gone when its shard moves. Default `durable`. */
  readonly mode?: ActorMode;
  /** Journal also the turns that change nothing; only of a durable actor. Default false. */
  readonly journalReads?: boolean;
}

export type SuperviseOptions = MessageOptions & Pick<SpawnOptions, 'newLife'>;

/** A word of a deployed module. */
export interface ModuleWord {
  readonly module: ModuleHash;
  readonly word: string;
}

/** An inspected actor: the fields of its inspection, with its state and its code as values. */
export interface ActorView extends Omit<Inspected, 'state' | 'module' | 'target' | 'node' | 'shard'> {
  readonly state: Data;
  readonly code: { readonly module: ModuleHash; readonly target: string };
  readonly node: NodeId;
  readonly shard: GroupId;
}

/** What an actor does in this moment. */
export interface WhyView {
  /**
   * The actor itself; where its turn waits for the answer of another, or it for its supervisor, that one, and
   * so on. The last one may be out of reach.
   */
  readonly chain: readonly (
    | Doing
    | { readonly path: string; readonly refused: string; readonly message: string }
  )[];
  /** Its newest records, the oldest first. */
  readonly records: readonly JournalRow[];
}

export interface ActorRow {
  readonly path: string;
  readonly sequence: number;
  readonly lifecycle: Lifecycle;
  /** As of ActorView. */
  readonly since: number | null;
  readonly shard: GroupId;
  readonly nodeName: string;
}

export interface JournalRow {
  readonly sequence: number;
  readonly kind: string;
  readonly term: number;
  /** Milliseconds since 1970 by the clock of the leader that ran the turn. */
  readonly atMillis: number;
  readonly message: Data | null;
  readonly events: readonly Data[];
  /** Keys that the turn set, and keys that it removed. */
  readonly set: readonly (readonly [Data, Data])[];
  readonly removed: readonly Data[];
  readonly reply: Data | null;
  readonly code: string;
  readonly origin: string | null;
  /** Of the record of an upgrade: what ran before, and the word that made the new state, if one did. */
  readonly upgrade: { readonly from: string; readonly migrate: string | null } | null;
}

export interface MemberView {
  readonly node: NodeId;
  readonly name: string;
  readonly addresses: readonly string[];
  /** What gossip says: it never decides anything but routes. */
  readonly liveness: 'alive' | 'suspect' | 'dead' | 'unknown';
  readonly self: boolean;
  /** On its way out of the cluster: not to be switched off yet. */
  readonly leaving: boolean;
  /** Shards that this node leads. */
  readonly leads: number;
  /** Shards of which this node keeps a replica, and those of them in which it is up to date. */
  readonly replicas: number;
  readonly healthy: number;
}

/** As its leader says; without one, as far as the asked node knows. */
export interface ShardView {
  readonly shard: GroupId;
  /** Null: no majority of its replicas answers. */
  readonly leader: NodeId | null;
  readonly term: number;
  readonly voters: readonly NodeId[];
  readonly learners: readonly NodeId[];
  /** The voters and learners that are up to date with the leader, itself included. */
  readonly healthy: readonly NodeId[];
  readonly commitIndex: number;
  /** Null: not known. */
  readonly mode: DurabilityMode | null;
}

/** Members as the asked node sees them, and all shards of the cluster. */
export interface ClusterView {
  readonly cluster: string;
  readonly node: NodeId;
  readonly name: string;
  readonly version: string;
  readonly members: readonly MemberView[];
  readonly shards: readonly ShardView[];
}

/** How far the removal of a node is. */
export interface DepartureView {
  readonly node: NodeId;
  readonly name: string;
  /** `removed`: it may be switched off. */
  readonly state: 'member' | 'leaving' | 'removed';
  /** Shards that may still count on the node while it is leaving; 0 is the registry. */
  readonly waiting: readonly GroupId[];
  /** Members that have not heard yet who stays, and may find nobody without the node. */
  readonly unaware: readonly string[];
}

export interface Module {
  readonly hash: ModuleHash;
  /** Words that fit a behaviour. */
  readonly behaviours: readonly { readonly word: string; readonly accepts: readonly string[] }[];
}

/** `unions`: those that messages and answers are made of. */
export interface ModuleView extends ProgramInterface {
  readonly hash: ModuleHash;
}

export interface Readiness {
  readonly ready: boolean;
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly text: string }[];
}

/** `next`: the path behind which the next page begins; null when there is none. */
export interface ActorPage {
  readonly actors: readonly ActorRow[];
  readonly next: string | null;
}

export interface JournalRange {
  /** The record to begin with. */
  readonly from: number;
  readonly limit: number;
  /** The newest first. */
  readonly backwards?: true;
}

/** `next`: the sequence with which the next page begins; null when there is none. */
export interface JournalPage {
  readonly records: readonly JournalRow[];
  readonly next: number | null;
}

export interface FollowOptions {
  /** Actors whose paths begin with it; or, with `exact`, the one actor of this path. */
  readonly prefix: string;
  readonly exact: boolean;
  /** The cursor of an event, behind which to go on; or from now on, or from the beginning. */
  readonly from: string;
}

/** `cursor` covers it, and all that came before it. */
export type FollowedEvent =
  | { readonly kind: 'record'; readonly path: string; readonly row: JournalRow; readonly cursor: string }
  /** All records of the actor were deleted, also those that were not followed yet. */
  | { readonly kind: 'purged'; readonly path: string; readonly cursor: string }
  /** What is stored of the record cannot be read. */
  | { readonly kind: 'unreadable'; readonly path: string; readonly sequence: number; readonly cursor: string }
  /** Everything was given that was committed before the following began. Comes once. */
  | { readonly kind: 'caught-up'; readonly cursor: string };

export interface EventFeed {
  /**
   * The next event, once there is one; undefined once the feed is closed. Not to be called again before that.
   * Rejects with `events-not-kept`, `bad-cursor`, `no-quorum` or `stopping`; then the feed has ended.
   */
  next(): Promise<FollowedEvent | undefined>;
  close(): void;
}

/**
 * Every method rejects with SeqNodeError: `bad-path`, `no-such-actor`, `bad-message`, `no-quorum`,
 * `outcome-unknown`, `too-large`, `overloaded` and the others of the table, as they apply.
 */
export interface ReadOptions {
  /** How long to try before the answer is `no-quorum`, in milliseconds. */
  readonly timeoutMs?: number;
}

/** A timer that an actor has set and that has not fired, or is to fire again. */
export interface TimerView {
  readonly id: string;
  /** When it fires next, by the wall time of its shard. */
  readonly dueMillis: number;
  readonly to: ActorPath;
  readonly message: Data;
  /** Null when it fires once; else how often, and what becomes of times that are missed. */
  readonly every: { readonly periodMs: number; readonly missed: 'once' | 'skip' | 'all' } | null;
}

/** By id. `next`: the id behind which the next page begins; null when there is none. */
export interface TimerPage {
  readonly timers: readonly TimerView[];
  readonly next: string | null;
}

/** A message between actors that its receiver refused for good, and that nobody waits for. */
export interface DeadLetterView {
  /** `SHARD-NUMBER`. */
  readonly id: string;
  readonly atMillis: number;
  readonly sender: ActorPath;
  readonly receiver: ActorPath;
  /** Why it was refused: a code of the table of errors, and a sentence. */
  readonly code: ErrorCode;
  readonly reason: string;
  /** What was sent: a message, or an order to `spawn`, `stop` or the like. */
  readonly kind: string;
  /** Null for an order. */
  readonly message: Data | null;
}

/** `next`: the id behind which the next page begins; null when there is none. */
export interface DeadLetterPage {
  readonly letters: readonly DeadLetterView[];
  readonly next: string | null;
}

/** One SELECT over the tables of the projection. */
export interface QueryOptions {
  readonly sql: string;
  /** For the question marks in it, in order. */
  readonly parameters?: readonly (string | number | bigint | null)[];
  /** Default and most: as the node's settings say. */
  readonly limit?: number;
  readonly timeoutMs?: number;
}

/** Ints are bigints. `more`: there are rows beyond the limit, or beyond 16 MiB. */
export interface QueryResult {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | bigint | Uint8Array | null)[])[];
  readonly more: boolean;
}

/** An actor is given by its path, its registered name or its UUID. */
export interface NodeApi {
  /** Resolves once the turn that handled the message is committed. */
  tell(path: string, message: Data, options?: MessageOptions): Promise<Acknowledgement>;
  ask(path: string, message: Data, options?: MessageOptions): Promise<AskResult>;
  /**
   * `tell` or `ask` for callers of many, who can do without a promise for each. `done` is called once, with
   * the result or with what the promise would reject with, maybe before this returns; it must not throw.
   */
  exchange(exchange: Exchange, done: (outcome: Exchanged) => void): void;
  /**
   * Rejects with `actor-exists` where one runs, and with `actor-ended` where one has ended, unless `newLife`
   * is true.
   */
  spawn(path: string, code: ModuleWord, options?: SpawnOptions): Promise<Acknowledgement>;
  /** Starts a supervisor of that specification, a Map: see docs/LANGUAGE.md. */
  supervise(path: string, supervisor: Data, options?: SuperviseOptions): Promise<Acknowledgement>;
  stop(path: string, options?: MessageOptions): Promise<Acknowledgement>;
  /**
   * The actor takes no messages until it is resumed: a client's are refused with `actor-suspended`, an
   * actor's wait.
   */
  suspend(path: string, options?: MessageOptions): Promise<Suspension>;
  /**
   * Lets an actor run other code from the end of its turn on, a turn that waits for an answer included, and
   * keeps its state. Whether it runs, is suspended, stopped or has failed stays as it is, unless `resume` is
   * true. Rejects with `no-such-module` where the module or a word of it is missing, and with
   * `migrate-failed` where no new state could be made: then nothing changed.
   */
  upgrade(path: string, code: UpgradeCode, options?: UpgradeOptions): Promise<Upgraded>;
  /**
   * Deletes state and journal of an actor, for good. Rejects with `not-ended` where it has not ended, unless
   * `force` is true.
   */
  purge(path: string, options: PurgeOptions): Promise<Acknowledgement>;
  /**
   * Lets an actor that is suspended, stopped or has failed go on with its state; a volatile one that had
   * ended begins with an empty state.
   */
  resume(path: string, options?: MessageOptions): Promise<Resumption>;
  /** A linearizable read. */
  inspect(path: string, options?: ReadOptions): Promise<ActorView>;
  /** What the actor does in this moment, and those that it waits for. */
  why(path: string, options?: ReadOptions): Promise<WhyView>;
  /** In path order; at most `limit` rows after `after`. */
  actors(
    options: ReadOptions & { readonly prefix: string; readonly after?: string; readonly limit: number },
  ): Promise<ActorPage>;
  /** At most `limit` records, fewer where they are large. */
  journal(path: string, options: ReadOptions & JournalRange): Promise<JournalPage>;
  /**
   * Journal records of all actors below a prefix as they are committed, for each actor in order. Throws
   * `bad-path` or `bad-cursor`.
   */
  events(options: FollowOptions): EventFeed;
  /** What an actor printed of late, in turns of the node that leads its shard; behind the cursor `after`. */
  logs(path: string, options?: ReadOptions & { readonly after?: string }): Promise<PrintedPage>;
  /**
   * The pending timers of an actor, by id; at most `limit` after the id `after`. None of an actor that is not
   * there.
   */
  timers(
    path: string,
    options: ReadOptions & { readonly after?: string; readonly limit: number },
  ): Promise<TimerPage>;
  /** `cancelled` is false when it was gone already. Its message may be under way. */
  cancelTimer(path: string, timer: string): Promise<{ readonly cancelled: boolean }>;
  /** Shard by shard, the oldest first; at most `limit` letters after the id `after`. */
  deadLetters(
    options: ReadOptions & { readonly after?: string; readonly limit: number },
  ): Promise<DeadLetterPage>;
  /** Rejects with `no-such-dead-letter`. */
  deadLetter(id: string, options?: ReadOptions): Promise<DeadLetterView>;
  /**
   * Sends its message again, once, and drops the letter. `done` is false when the letter was gone already.
   */
  replayDeadLetter(id: string): Promise<{ readonly done: boolean }>;
  dropDeadLetter(id: string): Promise<{ readonly done: boolean }>;
  /** Tasks for workers outside of the cluster. */
  readonly queues: QueueApi;
  /** Rejects with `bad-query`, `query-too-long`, `no-projection`. */
  query(options: QueryOptions): Promise<QueryResult>;
  /** Exports and imports. */
  readonly moves: MoveApi;
  cluster(): Promise<ClusterView>;
  /**
   * `files` maps names to Seq source; `entry` names the file to compile. Deploying the same source again is
   * harmless.
   */
  deploy(bundle: {
    readonly entry: string;
    readonly files: Readonly<Record<string, string>>;
  }): Promise<Module>;
  modules(): Promise<readonly Module[]>;
  /** One that this node knows, with what its actors take and answer. Rejects with `no-such-module`. */
  module(hash: string): Promise<ModuleView>;
  /** A single-use join token, valid for `validMs` milliseconds. */
  createToken(options: {
    readonly validMs: number;
  }): Promise<{ readonly token: string; readonly expiresAt: string }>;
  /**
   * Lets the node of this id or name leave: its replicas move elsewhere, then it is removed. Resolves as soon
   * as that has begun; asked again, it tells how far it is. Rejects with `no-such-member`, `last-member`,
   * `still-leaving` when another is leaving.
   */
  removeMember(member: string): Promise<DepartureView>;
  /** Lets a node that is leaving stay. Rejects with `no-such-member` when it has left. */
  keepMember(member: string): Promise<DepartureView>;
  readiness(): Promise<Readiness>;
  /** Prometheus text format, version 0.0.4. */
  metrics(): string;
}
