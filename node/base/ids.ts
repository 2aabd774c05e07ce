// Branded identifiers. A brand costs nothing at run time and keeps a term from being passed where an index is
// meant.

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** A node of the cluster: the text form of its libp2p peer id (public key). One per data directory. */
export type NodeId = Brand<string, 'NodeId'>;

/** A consensus group: 0 is the meta group, 1 … shardCount are the shards. */
export type GroupId = Brand<number, 'GroupId'>;

/** A Raft term. Starts at 0 (no leader ever), grows by elections. */
export type Term = Brand<number, 'Term'>;

/** A Raft log index. The first entry has index 1; 0 means the empty log. */
export type LogIndex = Brand<number, 'LogIndex'>;

/** A normalised absolute actor path such as `/user/accounts/alice`. Made only by `parsePath`. */
export type ActorPath = Brand<string, 'ActorPath'>;

/** The SHA-256 of a module's canonical source bundle, in lower-case hexadecimal. */
export type ModuleHash = Brand<string, 'ModuleHash'>;

/** Milliseconds on the node's monotonic clock. Never compared between nodes. */
export type Millis = number;

/**
 * Stands for no deployed source: what runs it is a supervisor, whose behaviour is the node's own. Its
 * captured value is what it supervises.
 */
export const SUPERVISOR_MODULE = '0'.repeat(64) as ModuleHash;

/** The same of a queue of tasks. */
export const QUEUE_MODULE = `${'0'.repeat(63)}1` as ModuleHash;

export const META_GROUP = 0 as GroupId;

export const nodeId = (text: string): NodeId => text as NodeId;
export const groupId = (number: number): GroupId => number as GroupId;
export const term = (number: number): Term => number as Term;
export const logIndex = (number: number): LogIndex => number as LogIndex;
export const moduleHash = (hex: string): ModuleHash => hex as ModuleHash;

/** An actor in one of its lives: `path#incarnation`. The numbers of its messages count within it. */
export type SenderName = `${string}#${string}`;

/** The path of such an actor. */
export const senderPath = (sender: SenderName): ActorPath =>
  sender.slice(0, sender.indexOf('#')) as ActorPath;
