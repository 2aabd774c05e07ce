// What a program says of an actor's messages, so that asking it is checked by the compiler. `seq-node types`
// writes these types from the unions of deployed modules.
import type { Value } from './values.ts';

/** The fields of one message, by name, and what it is answered. */
export interface MessageForm {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly reply: unknown;
}

/** The messages of an actor, by tag: `{ Deposit: { fields: { amount: Int }, reply: … } }`. */
export type Protocol<P> = { readonly [Tag in keyof P]: MessageForm };

/** Any message, for an actor of which nothing is said. */
export type Untyped = Record<string, { readonly fields: Record<string, Value>; readonly reply: Value }>;

export type Int = number | bigint;

type Fields<P, Tag extends keyof P> = P[Tag] extends { readonly fields: infer F } ? F : never;
type Reply<P, Tag extends keyof P> = P[Tag] extends { readonly reply: infer R } ? R : never;

/** A whole message: an object whose one name is the tag, bound to the fields. */
export type Message<P> = {
  readonly [Tag in keyof P]: { readonly [Name in Tag]: Fields<P, Tag> | readonly Value[] };
}[keyof P];

type TagOf<P, M> = Extract<keyof M, keyof P>;

/** The arguments of a message: none are needed where it has no fields. */
type Arguments<F> = keyof F extends never
  ? [fields?: F | readonly Value[], options?: CallOptions]
  : [fields: F | readonly Value[], options?: CallOptions];

/** Of one call. */
export interface CallOptions {
  /** Takes effect once at a path, however often it is sent. Default: a fresh one for each call. */
  readonly id?: string;
  /** For how long the call is tried, in milliseconds. Default: that of the client. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Asks: `actor.ask({ Deposit: { amount: 5 } })`, or `actor.ask.deposit({ amount: 5 })`. */
export type Ask<P> = (<M extends Message<P>>(
  message: M,
  options?: CallOptions,
) => Promise<Reply<P, TagOf<P, M>>>) & {
  readonly [Tag in keyof P & string as Uncapitalize<Tag>]: (
    ...given: Arguments<Fields<P, Tag>>
  ) => Promise<Reply<P, Tag>>;
};

/** Sends: as Ask, but the answer only says that the message is safe. */
export type Tell<P> = ((message: Message<P>, options?: CallOptions) => Promise<Acknowledged>) & {
  readonly [Tag in keyof P & string as Uncapitalize<Tag>]: (
    ...given: Arguments<Fields<P, Tag>>
  ) => Promise<Acknowledged>;
};

/** How safe it is: synced by a majority; by the one node that there is; in the memory of one node. */
export type DurabilityMode = 'quorum-fsync' | 'single-fsync' | 'volatile';

export interface Acknowledged {
  readonly acknowledged: true;
  readonly mode: DurabilityMode;
  /** The number of the turn's record in the actor's journal; of a read, of the newest that it saw. */
  readonly sequence: number;
  /** The turn changed nothing, and nothing was written. */
  readonly read?: true;
  /** The id had been sent before, and this is how that ended. */
  readonly replayed?: true;
}

export type Lifecycle = 'running' | 'restarting' | 'suspended' | 'failed' | 'stopped' | 'quarantined';

export interface ActorView {
  readonly path: string;
  readonly state: Value;
  readonly sequence: number;
  readonly code: { readonly module: string; readonly target: string };
  readonly lifecycle: Lifecycle;
  readonly since: number | null;
  readonly restarts: number;
  readonly lastFault: string | null;
  readonly mode: DurabilityMode;
  readonly node: string;
  readonly nodeName: string;
  readonly shard: number;
  readonly accepts: readonly string[];
}

export interface ActorRow {
  readonly path: string;
  readonly sequence: number;
  readonly lifecycle: Lifecycle;
  readonly since: number | null;
  readonly shard: number;
  readonly nodeName: string;
}

export interface JournalRecord {
  readonly sequence: number;
  readonly kind: string;
  readonly atMillis: number;
  readonly message: Value | null;
  readonly events: readonly Value[];
  readonly reply: Value | null;
  readonly origin: string | null;
}

export interface FollowOptions {
  /** Actors whose path begins with it. Default: all. */
  readonly prefix?: string;
  /** One actor, by its path, in the place of a prefix. */
  readonly actor?: string;
  /** The cursor of an event, behind which to go on, or `now`. Default: from the beginning. */
  readonly from?: string;
  readonly signal?: AbortSignal;
}

/** `cursor` covers it, and all that came before it. */
export type ActorEvent =
  | {
      readonly type: 'record';
      readonly path: string;
      readonly record: JournalRecord;
      readonly cursor: string;
    }
  /** All records of the actor were deleted, also those that did not come yet. */
  | { readonly type: 'purged'; readonly path: string; readonly cursor: string }
  /** A record whose stored data is damaged. */
  | { readonly type: 'unreadable'; readonly path: string; readonly sequence: number; readonly cursor: string }
  /** Everything came that was committed when the following began. Comes once. */
  | { readonly type: 'caught-up'; readonly cursor: string };

export interface JournalOptions extends CallOptions {
  /** `desc`: the newest record first. Default `asc`. */
  readonly order?: 'asc' | 'desc';
  /** The record to begin with. Default: the first of that order. */
  readonly from?: number;
}

export interface SpawnOptions extends CallOptions {
  /** The behaviour. */
  readonly word: string;
  /** The hash of the module that has it; not needed where one deployed module does. */
  readonly module?: string;
  /** `volatile`: in the memory of one node only. Default `durable`. */
  readonly mode?: 'durable' | 'volatile';
  /** Where an actor has ended: begin with an empty state, and give its own up. */
  readonly newLife?: boolean;
  /** Journal also the turns that change nothing. */
  readonly journalReads?: boolean;
}

export interface Module {
  readonly hash: string;
  readonly behaviours: readonly { readonly word: string; readonly accepts: readonly string[] }[];
}
