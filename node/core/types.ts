// Inputs and effects of the core of a node. The production driver (node/host) and the simulator (sim/) are
// two loops over the same NodeCore: each feeds inputs in and carries effects out, in order.
import type { BehaviourRef } from '../base/behaviour-ref.ts';
import type { ErrorCode } from '../base/errors.ts';
import type { ActorPath, GroupId, ModuleHash, NodeId } from '../base/ids.ts';
import type { LogWrite, RecoveredGroup } from '../base/log.ts';
import type { Peer } from '../base/peer.ts';
import type { Random } from '../base/random.ts';
import type { Data } from '../base/value.ts';
import type { SwimOptions } from '../cluster/membership/options.ts';
import type { Position } from '../cluster/replica.ts';
import type { Lane } from '../cluster/transport-port.ts';
import type { ScanResult, StoreOp } from '../journal/store-port.ts';
import type { ModuleLoader, SourceBundle } from '../runtime/behaviour.ts';
import type { ActorLimits, Fields, StepTime } from '../runtime/context.ts';
import type { ActorMode, Upgrade } from '../runtime/envelope.ts';

export type { Lane } from '../cluster/transport-port.ts';
export type { Fields, StepTime } from '../runtime/context.ts';
export type { ActorMode } from '../runtime/envelope.ts';

/**
 * `low`: too little to accept new work, enough to follow. `full`: the rest is reserved for what was taken
 * before, and for votes.
 */
export type Space = 'enough' | 'low' | 'full';

export type Input =
  /** To be given every `tickMillis` of the options; late or bunched ticks cost time, never data. */
  | { readonly kind: 'tick' }
  /**
   * Lets actors run for one slice. To be given, after other inputs had their turn, as long as `hasWork` is
   * true.
   */
  | { readonly kind: 'run' }
  | {
      readonly kind: 'frames';
      readonly from: NodeId;
      readonly lane: Lane;
      readonly frames: readonly Uint8Array[];
    }
  | { readonly kind: 'connected'; readonly peer: NodeId }
  | { readonly kind: 'disconnected'; readonly peer: NodeId }
  /**
   * The `persist` effect with this id is durable, and so is every one before it; the log is so up to
   * `position` (`LogStatus.durable`).
   */
  | { readonly kind: 'persisted'; readonly id: number; readonly position: number }
  | { readonly kind: 'flushed'; readonly id: number }
  | { readonly kind: 'got'; readonly id: number; readonly values: readonly (Uint8Array | undefined)[] }
  | { readonly kind: 'scanned'; readonly id: number; readonly found: ScanResult }
  | { readonly kind: 'request'; readonly id: number; readonly request: ClientRequest }
  /** Free space on the disk fell below a reserve, or came back. */
  | { readonly kind: 'disk'; readonly space: Space }
  /** Hand over what this node leads, then answer with the effect `drained`. */
  | { readonly kind: 'drain' };

export type KeyValue = readonly [key: Uint8Array, value: Uint8Array];

export type Effect =
  /** May be lost, as any message may. Frames to one peer and lane keep their order. */
  | { readonly kind: 'send'; readonly to: NodeId; readonly lane: Lane; readonly frame: Uint8Array }
  /**
   * Append to the write-ahead log, in order; answer `persisted` once durable. With `sync` false it may wait
   * for the next.
   */
  | {
      readonly kind: 'persist';
      readonly id: number;
      readonly writes: readonly LogWrite[];
      readonly sync: boolean;
    }
  /**
   * Write one atomic batch to the store, in order. Not durable before a `flush`. A refused batch stops the
   * node.
   */
  | { readonly kind: 'store'; readonly ops: readonly StoreOp[] }
  /** Make everything stored so far durable, then answer `flushed`. */
  | { readonly kind: 'flush'; readonly id: number }
  /** Read from the store; sees every `store` before it. */
  | { readonly kind: 'get'; readonly id: number; readonly keys: readonly Uint8Array[] }
  /** Read keys `from` ≤ key < `to` in order, from a view if one is named. */
  | {
      readonly kind: 'scan';
      readonly id: number;
      readonly from: Uint8Array;
      readonly to: Uint8Array;
      readonly limit: number;
      readonly view?: number;
    }
  /** Open a consistent view of the store as of all `store` effects before it; the core chooses the number. */
  | { readonly kind: 'open-view'; readonly view: number }
  | { readonly kind: 'close-view'; readonly view: number }
  | { readonly kind: 'respond'; readonly id: number; readonly result: ClientResult }
  /**
   * The admitted peers, to be connected with; all others are to be refused. Those that were `removed`, or
   * replaced, may be told so.
   */
  | {
      readonly kind: 'peers';
      readonly peers: readonly Peer[];
      /** To be kept for the next start before anything that follows is sent. */
      readonly roster: Roster;
      readonly removed: readonly NodeId[];
      readonly guestsAllowed: boolean;
    }
  | {
      readonly kind: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly event: string;
      readonly fields: Fields;
    }
  | { readonly kind: 'drained' }
  /** Something is broken that must not go on: stop the process at once, carry out nothing that follows. */
  | { readonly kind: 'halt'; readonly code: ErrorCode; readonly message: string };

/** An actor that waits for the answer to an ask, by the name of that. */
export interface Asker {
  readonly path: ActorPath;
  readonly ask: string;
}

/** Which records, and from where on: see node/core/requests/events.ts. */
export interface EventsWanted {
  readonly prefix: string;
  /** The prefix is the path of the one actor. */
  readonly exact: boolean;
  /** The first entry that is wanted. */
  readonly index: number;
  /** How many of its records were read before. */
  readonly skip: number;
  /** Answer as soon as it is known that there is nothing up to some further entry. */
  readonly eager: boolean;
}

/** What an import must not fall behind of: see the clocks and the dead letters of node/journal/keys.ts. */
export interface ImportedCounters {
  /** Wall time, milliseconds since 1970. */
  readonly wall: number;
  /** Messages of timers. */
  readonly sent: number;
  /** The number of the next dead letter. */
  readonly letters: number;
}

interface Timed {
  /** How long to try before the answer is `outcome-unknown`, in milliseconds. */
  readonly timeoutMs: number;
}

export type ClientRequest = Timed &
  (
    | { readonly op: 'tell' | 'ask'; readonly path: ActorPath; readonly message: Data; readonly id: string }
    | {
        readonly op: 'spawn';
        readonly path: ActorPath;
        readonly code: BehaviourRef;
        readonly mode: ActorMode;
        readonly id: string;
        /** Where an actor has ended, give its state up. */
        readonly newLife: boolean;
        /** Journal also the turns that change nothing. */
        readonly journalReads?: true;
      }
    /** `resume` lets an actor that has ended, or is suspended, go on with its state. */
    | { readonly op: 'stop' | 'suspend' | 'resume'; readonly path: ActorPath; readonly id: string }
    /** Lets the actor run other code: see Upgrade. */
    | ({ readonly op: 'upgrade'; readonly path: ActorPath; readonly id: string } & Omit<Upgrade, 'kind'>)
    /** Deletes all that is stored of an actor that has ended; with `force`, of any. */
    | { readonly op: 'purge'; readonly path: ActorPath; readonly force: boolean; readonly id: string }
    | { readonly op: 'inspect'; readonly path: ActorPath }
    /** What the actor does in this moment; of a queue, with the task for which `asker` waits. */
    | { readonly op: 'why'; readonly path: ActorPath; readonly asker?: Asker }
    /** What the actor printed of late; `after` is a cursor of a page before, or empty. */
    | { readonly op: 'logs'; readonly path: ActorPath; readonly after: string }
    /** `backwards`: the newest first, from the record `from` down. */
    | {
        readonly op: 'journal';
        readonly path: ActorPath;
        readonly from: number;
        readonly limit: number;
        readonly backwards?: true;
      }
    /** The timers that an actor has set and that are pending, after an id. */
    | { readonly op: 'timers'; readonly path: ActorPath; readonly after: string; readonly limit: number }
    /** Of a timer that is gone, nothing is done. */
    | { readonly op: 'cancel-timer'; readonly path: ActorPath; readonly timer: string }
    | { readonly op: 'actors'; readonly prefix: string; readonly after: string; readonly limit: number }
    /** Tasks of a queue for a worker; waits while there are none. `leaseMs` null: that of the queue. */
    | {
        readonly op: 'take-tasks';
        readonly path: ActorPath;
        readonly worker: string;
        readonly most: number;
        readonly leaseMs: number | null;
        readonly waitMs: number;
      }
    /**
     * What a worker or an operator says to a queue: see node/runtime/tasks/queue-orders.ts. An empty id: a
     * repeat does no harm.
     */
    | { readonly op: 'queue-order'; readonly path: ActorPath; readonly order: Data; readonly id: string }
    /** The tasks of a queue from a number on. */
    | { readonly op: 'tasks'; readonly path: ActorPath; readonly from: number; readonly limit: number }
    /**
     * Records of the actors below a prefix, or of the one that is named, in the order of their group, from an
     * entry on of which some may be left out. Waits while there are none.
     */
    | ({ readonly op: 'events'; readonly group: GroupId; readonly waitMs: number } & EventsWanted)
    /** Up to which entry the group is committed now. */
    | { readonly op: 'applied-index'; readonly group: GroupId }
    /** Dead letters of a shard, from a number on. */
    | {
        readonly op: 'shard-timers';
        readonly group: GroupId;
        /** Those behind this timer of `owner`; from the first on where they are empty. */
        readonly owner: ActorPath | '';
        readonly timer: string;
        readonly limit: number;
      }
    | { readonly op: 'dead-letters'; readonly group: GroupId; readonly from: number; readonly limit: number }
    /** Sends the message of a dead letter again, or drops it. Of a letter that is gone, nothing is done. */
    | {
        readonly op: 'replay-dead-letter' | 'drop-dead-letter';
        readonly group: GroupId;
        readonly number: number;
      }
    /**
     * An export names a moment of all shards. First each is held: it takes no messages of actors, nor forgets
     * any that it sent, until its own view is open or a few seconds have passed. See requests/exports.ts.
     */
    | {
        readonly op: 'hold-shard' | 'open-export' | 'close-export';
        readonly group: GroupId;
        readonly export: string;
      }
    /** Rows of the view whose keys, without group and generation, lie from `from` up to `to`. */
    | {
        readonly op: 'read-export';
        readonly group: GroupId;
        readonly export: string;
        readonly from: Uint8Array;
        readonly to: Uint8Array;
      }
    /** The shard, which is empty, takes rows of an import only until that ends: see requests/imports.ts. */
    | { readonly op: 'begin-import'; readonly group: GroupId; readonly import: string }
    /** The `number`-th rows of the import (see node/journal/packed-rows.ts), from 1. */
    | {
        readonly op: 'import-rows';
        readonly group: GroupId;
        readonly import: string;
        readonly number: number;
        readonly rows: Uint8Array;
      }
    /** Lets the shard go on with what was imported; or, unless `keep`, without it. */
    | {
        readonly op: 'end-import';
        readonly group: GroupId;
        readonly import: string;
        readonly keep: boolean;
        readonly counters: ImportedCounters;
      }
    | { readonly op: 'deploy'; readonly hash: ModuleHash; readonly bundle: SourceBundle }
    /** Makes a join token known by the SHA-256 of its secret (hexadecimal). `expiresAt` is wall time. */
    | { readonly op: 'token'; readonly secretHash: string; readonly expiresAt: number }
    /**
     * Admits a node by a token, which is used up. Admitting the same node by the same token again is
     * harmless.
     */
    | { readonly op: 'admit'; readonly secretHash: string; readonly peer: Peer }
    /** The node's own name or addresses changed. */
    | { readonly op: 'readdress'; readonly peer: Peer }
    /**
     * Lets a member (its id or name) leave: its replicas move elsewhere, then it is removed. To be asked
     * again for how far that is.
     */
    | { readonly op: 'remove-node'; readonly member: string }
    /** Lets a member that is leaving stay. */
    | { readonly op: 'keep-node'; readonly member: string }
    /** Between nodes: up to which entry the registry is committed now. */
    | { readonly op: 'registry-index' }
    /** How the group is, as its leader sees it. */
    | { readonly op: 'group-state'; readonly group: GroupId }
    /** Between nodes: answered once a majority of the group has confirmed its leader. */
    | { readonly op: 'has-quorum'; readonly group: GroupId }
    /**
     * Between nodes: whether the group does, for good, without the node that is leaving since the entry
     * `since` of the registry.
     */
    | { readonly op: 'does-without'; readonly group: GroupId; readonly node: NodeId; readonly since: number }
    /**
     * Lets `node`, which never held anything, take the place of `old`, which lost what it kept and takes part
     * in nothing any more. Refused with `no-quorum` while a shard has no majority without `old`, with
     * `still-leaving` while `old` is leaving, and with `not-admitted` once it is removed. Asking again is
     * harmless.
     */
    | { readonly op: 'replace'; readonly old: NodeId; readonly node: NodeId }
  );

/**
 * `value` is msgpack-able and has the shape that the operation's function in node/core/requests/results.ts
 * says.
 */
export type ClientResult =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false;
      readonly code: ErrorCode;
      readonly message: string;
      readonly details: Readonly<Record<string, unknown>>;
    };

export interface ClusterIdentity {
  readonly id: string;
  /** Number of shards; their groups are 1 … shards. */
  readonly shards: number;
  /** Replicas wanted for each shard. */
  readonly replicas: number;
}

/** What the store says of one group (`decodeGroupRow` of node/runtime/actor/rows.ts reads it). */
export interface GroupRow extends Position {
  readonly group: GroupId;
}

/** Everything that a restarted node found on its disk. */
export interface Recovered {
  readonly groups: readonly RecoveredGroup[];
  readonly rows: readonly GroupRow[];
  /** The meta group's items of its current generation. */
  readonly metaItems: readonly (readonly [key: string, value: Uint8Array])[];
  /** The end of the log (`LogStatus.durable`). */
  readonly position: number;
}

export interface CoreLimits extends ActorLimits {
  /** Actors of the node that stay in memory while they are idle. */
  readonly residentActors: number;
  /** Of their states and stashes. */
  readonly residentBytes: number;
  /** A group's log is cut once it has so many entries, or so many bytes, that the store holds durably. */
  readonly logEntries: number;
  readonly logBytes: number;
  /**
   * The logs of all groups are cut, as far as no member needs them, once they hold so many bytes together.
   */
  readonly logTotalBytes: number;
}

/** The members of the cluster as of one entry of the registry's log. */
export interface Roster {
  readonly index: number;
  readonly peers: readonly Peer[];
}

export interface CoreOptions {
  readonly self: Peer;
  readonly cluster: ClusterIdentity;
  /** The newest registry of the last run, so that a restarted node finds its peers. */
  readonly roster: Roster;
  /** Create the groups of a new cluster, with this node as the only member of each. */
  readonly create: boolean;
  readonly random: Random;
  readonly tickMillis: number;
  /** Ticks between heartbeats, and ticks of silence before an election (randomised up to twice). */
  readonly heartbeatTicks: number;
  readonly electionTicks: number;
  readonly limits: CoreLimits;
  /** The pace of gossip, where it is not the default. */
  readonly membership?: Partial<SwimOptions>;
  /** How modules are compiled, where many cores share what comes of it. */
  readonly loadModule?: ModuleLoader;
  /** Only for tests: mistakes to make on purpose, which the simulator must catch. */
  readonly faults?: ReadonlySet<string>;
}

/** The production core, and what the simulator drives. */
export interface Core {
  /**
   * Takes inputs in order. What they cause leaves together: one log write, one read, one frame for each peer
   * and lane.
   */
  step(inputs: readonly Input[], time: StepTime): Effect[];
  /** Whether `run` has something to do. */
  readonly hasWork: boolean;
}
