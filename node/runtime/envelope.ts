// What travels to an actor, and the address forms that programs use.
import type { BehaviourRef } from '../base/behaviour-ref.ts';
import type { ActorPath, ModuleHash } from '../base/ids.ts';
import { childPath, namedPath, parsePath } from '../base/path.ts';
import { type Data, encodedBytes } from '../base/value.ts';
import type { SpawnPlace } from './behaviour.ts';
import type { QueuedTask } from './tasks/task-row.ts';
import type { EndReason } from './watches.ts';

/**
 * Where a message comes from, for taking effect once. A client's source is `c:` and its id, with number 0 and
 * a digest of what it says, because nothing keeps clients from using an id twice. An actor's is `a:`, its
 * path and incarnation; its numbers grow, and reach a receiver in order.
 */
export interface Origin {
  readonly source: string;
  readonly number: number;
  readonly digest?: Uint8Array;
  /** Of an actor: its oldest message to the receiver of which it may not know how it ended. */
  readonly oldest?: number;
  /** Which mark of a limited number the message leaves, in the place of one by its source. */
  readonly slot?: number;
}

/**
 * The name of the mark that a message leaves. Messages that share a slot are told apart by their digests: the
 * newest is remembered. Ids of clients have no spaces.
 */
export const markName = ({ source, slot }: Origin): string =>
  slot === undefined ? source : `c:slot ${slot}`;

export const isClient = (source: string): boolean => source.startsWith('c:');

export type ActorMode = 'durable' | 'volatile';

export type Payload =
  /**
   * `ask` names the ask that the receiver answers to, when an actor asks. `askers` are those that wait for
   * the answer, each for the next one's: the last is the sender.
   */
  | {
      readonly kind: 'message';
      readonly message: Data;
      readonly ask: string | null;
      readonly askers?: readonly ActorPath[];
    }
  /** `newLife`: where an actor has ended, its state is given up. */
  | {
      readonly kind: 'spawn';
      readonly code: BehaviourRef;
      readonly mode: ActorMode;
      readonly newLife: boolean;
      /** Journal also the turns that change nothing. */
      readonly journalReads?: true;
    }
  | { readonly kind: 'stop' | 'suspend' | 'resume' }
  | ChildOrder
  /** What a supervisor is told of itself, and by its children. */
  | { readonly kind: 'report'; readonly report: Data }
  | Upgrade
  /** `force`: also an actor that has not ended. */
  | { readonly kind: 'purge'; readonly force: boolean }
  /** Whether an actor lives there: it is answered without a turn. */
  | { readonly kind: 'whereis'; readonly ask: string }
  | { readonly kind: 'answer'; readonly ask: string; readonly outcome: Answer }
  /** What a worker, an operator or the node says to a queue: see tasks/queue-orders.ts. */
  | { readonly kind: 'task-order'; readonly order: Data; readonly row?: QueuedTask }
  /** Watches: to the watched, and back. `reference` is the watcher's: see watches.ts. */
  | { readonly kind: 'watch'; readonly reference: string; readonly link: boolean }
  | { readonly kind: 'unwatch'; readonly reference: string; readonly link: boolean }
  | {
      readonly kind: 'terminated';
      readonly reference: string;
      readonly reason: EndReason;
      readonly link: boolean;
    }
  /** Of the subscription `reference`: see subscriptions.ts. `cursor` is behind it. Never leaves its shard. */
  | {
      readonly kind: 'event';
      readonly reference: string;
      readonly cursor: string;
      readonly message: Data;
      readonly run: EventRun;
    };

/** Events that follow each other. */
export interface EventRun {
  /** One of them that had a place in the mailbox was put off: those behind it are not handled. */
  over: boolean;
}

/** What a supervisor orders of a child in one of its lives. See node/runtime/lifecycle/child-orders.ts. */
export type ChildOrder = {
  readonly child: string;
  readonly life: number;
} & (
  | {
      readonly kind: 'start-child';
      readonly code: BehaviourRef;
      readonly mode: ActorMode;
      /** It begins with an empty state, also where it has one. */
      readonly fresh: boolean;
    }
  /** `kill`: a supervisor does not wait for its own children. */
  | { readonly kind: 'stop-child'; readonly kill: boolean }
  /** It ended abnormally, and is not started again. */
  | { readonly kind: 'let-go' }
);

export const isChildOrder = (payload: Payload): payload is ChildOrder =>
  payload.kind === 'start-child' || payload.kind === 'stop-child' || payload.kind === 'let-go';

/** The actor is to run other code, with the state that it has. */
export interface Upgrade {
  readonly kind: 'upgrade';
  readonly module: ModuleHash;
  /** Null: the word that it runs now. */
  readonly word: string | null;
  /** A word ( Map -- Map ) of the module that makes the new state of the one that it has. */
  readonly migrate: string | null;
  /** An actor that has ended or is suspended goes on at once. */
  readonly resume: boolean;
}

export type Answer = { readonly answered: Data } | { readonly refused: string };

export interface Envelope {
  readonly to: ActorPath;
  /** The path of the sending actor; empty for a client. */
  readonly sender: ActorPath | '';
  /** Absent for what nobody repeats. */
  readonly origin: Origin | null;
  readonly payload: Payload;
  /** Of a message: what its encoding takes, at most. Counted when it enters a mailbox, if it is not known. */
  readonly bytes?: number | undefined;
  /**
   * What came together: once a message of it is put off, so are those behind it, which must not overtake it.
   */
  readonly lot?: Lot;
  /**
   * Of a client: the same may still arrive from an earlier attempt, so its outcome is to be remembered, even
   * if it changes nothing.
   */
  readonly again?: boolean;
  /** Of a client, while nothing can be written: what it is told if its turn changes something. */
  readonly readOnly?: NonNullable<Lot['putOff']> | undefined;
  /** Of a client: it waits for the reply, not only for the message to be taken. */
  readonly asks?: boolean;
}

export interface Lot {
  /** Why one of it was put off: a refusal that says nothing of the message itself. */
  putOff: { readonly ok: false; readonly code: string; readonly message: string } | undefined;
}

/**
 * Volatile messages of one turn to one actor, in order: nobody waits for them, nobody repeats them, and they
 * may be lost.
 */
export class Casts {
  readonly to: ActorPath;
  readonly sender: ActorPath;
  readonly #messages: Data[];
  #taken = 0;
  /** What those that are left take, at most. */
  size: number;

  /** Takes the array, which holds one message at least. `size`: what the messages take, at most. */
  constructor(to: ActorPath, sender: ActorPath, messages: Data[], size: number) {
    this.to = to;
    this.sender = sender;
    this.#messages = messages;
    this.size = size;
  }

  /** How many are left. */
  get length(): number {
    return this.#messages.length - this.#taken;
  }

  add(message: Data, bytes: number): void {
    this.#messages.push(message);
    this.size += bytes;
  }

  /** Takes out the first one that is left. There must be one. */
  take(): Data {
    this.size -= Math.floor(this.size / this.length);
    return this.#messages[this.#taken++]!;
  }

  /** What they take, encoded. */
  bytes(): number {
    let bytes = 0;
    for (let at = this.#taken; at < this.#messages.length; at++) bytes += encodedBytes(this.#messages[at]);
    return bytes;
  }

  /** Drops all but the first `count` of those that are left. */
  cut(count: number): void {
    this.size = Math.ceil((this.size * count) / this.length);
    this.#messages.length = this.#taken + count;
  }
}

/** The path at which a new actor is to live. `uuid` is used for a fresh one. Throws `bad-path`. */
export function resolvePlace(place: SpawnPlace, parent: ActorPath, uuid: () => string): ActorPath {
  switch (place.kind) {
    case 'fresh':
      return parsePath(`/uuid/${uuid()}`);
    case 'name':
      return namedPath(place.name);
    case 'path':
      return place.path.startsWith('/') ? parsePath(place.path) : childPath(parent, place.path);
  }
}

/** A version 4 UUID (RFC 9562) from four random words. */
export function uuidFrom(words: readonly [number, number, number, number]): string {
  const hex = words.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  const variant = ((Number.parseInt(hex[16]!, 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}
