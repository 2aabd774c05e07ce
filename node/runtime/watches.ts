// Watches and links of an actor, kept as rows beside it. Pure: every function returns the changes and
// messages for the log entry of the turn.
//
// Invariants
//  W1  A watch ends by the log entry that deletes its row and sends its notice, so each has exactly one.
//  W2  A watch of an actor that has ended, or never existed, is answered in its own entry and leaves no row.
//  W3  A durable actor does not end with a node. A volatile one is `lost` with its life.
import { SeqNodeError } from '../base/errors.ts';
import type { ActorPath } from '../base/ids.ts';
import { type Data, sym, Variant } from '../base/value.ts';

export const END_REASONS = ['stopped', 'failed', 'purged', 'no-such-actor', 'lost'] as const;
export type EndReason = (typeof END_REASONS)[number];

/** What is kept of a watch beside the watched actor: see actor/watch-row.ts. */
export interface WatchRow {
  readonly watcher: ActorPath;
  /** Whether the watcher fails with the watched. */
  readonly link: boolean;
}

/** `reference` is the watcher's: its path and life, and a number in that life. */
export interface Watch extends WatchRow {
  readonly reference: string;
}

export type WatchMutation =
  | ({ readonly kind: 'put-watch'; readonly watched: ActorPath } & Watch)
  | { readonly kind: 'delete-watch'; readonly watched: ActorPath; readonly reference: string };

/**
 * Sent through the outbox of the watched actor's shard. A link's partner that ended abnormally makes the
 * watcher fail.
 */
export interface Notice {
  readonly to: ActorPath;
  readonly reference: string;
  readonly reason: EndReason;
  readonly link: boolean;
}

export interface WatchChange {
  readonly mutations: readonly WatchMutation[];
  readonly notices: readonly Notice[];
}

/** How the actor at a path is: it lives, it has ended, or there is none. */
export type WatchedLife = 'alive' | Exclude<EndReason, 'purged' | 'lost'>;

const NOTHING: WatchChange = { mutations: [], notices: [] };

/** A watch arrives at the watched actor. A repeat of it does not: it has a mark, as every message. */
export function watch(watched: ActorPath, life: WatchedLife, given: Watch): WatchChange {
  if (life === 'alive') return { mutations: [{ kind: 'put-watch', watched, ...given }], notices: [] };
  return { mutations: [], notices: [noticeOf(given, life)] };
}

/**
 * `known`: whether the row is there. Its notice may be on its way already; then it is the watcher that drops
 * it.
 */
export function unwatch(watched: ActorPath, reference: string, known: boolean): WatchChange {
  return known ? { mutations: [{ kind: 'delete-watch', watched, reference }], notices: [] } : NOTHING;
}

/**
 * The actor ends, and `page` are watches of it. All pages together are what it had; one that is large is sent
 * over several entries, in which the actor is not alive, so that nothing is added.
 */
export function ended(watched: ActorPath, reason: EndReason, page: readonly Watch[]): WatchChange {
  return {
    mutations: page.map(({ reference }) => ({ kind: 'delete-watch', watched, reference })),
    notices: page.map((each) => noticeOf(each, reason)),
  };
}

const noticeOf = ({ watcher, reference, link }: Watch, reason: EndReason): Notice => ({
  to: watcher,
  reference,
  reason,
  link,
});

// ── At the watcher ──

/**
 * The references of a watcher, by the path that each watches: part of its head, so that every notice is taken
 * once.
 */
export type Watching = ReadonlyMap<string, ActorPath>;

export const NO_WATCHES: Watching = new Map();

export const referenceOf = (watcher: ActorPath, incarnation: string, number: number, link = false): string =>
  `${watcher}#${incarnation}:${number}${link ? LINK : ''}`;

/** At the end of the reference of a link. */
const LINK = '~';

export const isLink = (reference: string): boolean => reference.endsWith(LINK);

/** Its link to the actor at `to`, if there is one. */
export function linkTo(watching: Watching, to: ActorPath): string | undefined {
  for (const [reference, path] of watching) if (path === to && isLink(reference)) return reference;
  return undefined;
}

/** Links end with an actor: they do not begin anew when it is resumed. */
export function withoutLinks(watching: Watching): Watching {
  const left = new Map(watching);
  for (const reference of watching.keys()) if (isLink(reference)) left.delete(reference);
  return left.size === watching.size ? watching : left;
}

/**
 * What a watcher does about a notice, and what it still watches. Undefined: it has taken it back, or is
 * another life by now.
 */
export function noticed(
  watching: Watching,
  { reference, reason, link }: Notice,
): { readonly watching: Watching; readonly message: Data | undefined; readonly fails: boolean } | undefined {
  const path = watching.get(reference);
  if (path === undefined) return undefined;
  const left = new Map(watching);
  left.delete(reference);
  const isAbnormal = reason !== 'stopped' && reason !== 'purged';
  return { watching: left, message: terminatedMessage(path, reason), fails: link && isAbnormal };
}

export const terminatedMessage = (path: ActorPath, reason: EndReason): Data =>
  new Variant<Data>('Terminated', [path, sym(reason)]);

/** How many others an actor may watch: its head names them. */
export const WATCHING_MAX = 500;

interface Watcher {
  readonly incarnation: string;
  readonly watching: Watching;
}

type WatchOrder =
  | { readonly kind: 'watch'; readonly reference: string; readonly link: boolean }
  | { readonly kind: 'unwatch'; readonly reference: string; readonly link: boolean };

/** The watches of an actor while its turn begins some and takes others back. */
export class WatchList {
  watching: Watching;
  readonly #path: ActorPath;
  readonly #life: string;

  constructor(path: ActorPath, { incarnation, watching }: Watcher) {
    this.#path = path;
    this.#life = incarnation;
    this.watching = watching;
  }

  /**
   * What leaves as message `number` for a watch of the actor at `to`, or for taking it back; undefined if
   * that changes nothing. Throws `too-large`.
   */
  take(to: ActorPath, kind: 'watch' | 'unwatch', number: number, link: boolean): WatchOrder | undefined {
    const known = this.#referenceTo(to, link);
    if ((known === undefined) === (kind === 'unwatch')) return undefined;
    const watching = new Map(this.watching);
    this.watching = watching;
    if (known !== undefined) {
      watching.delete(known);
      return { kind: 'unwatch', reference: known, link };
    }
    const reference = referenceOf(this.#path, this.#life, number, link);
    watching.set(reference, to);
    if (watching.size > WATCHING_MAX)
      throw new SeqNodeError('too-large', `An actor may watch at most ${WATCHING_MAX} others.`);
    return { kind: 'watch', reference, link };
  }

  #referenceTo(to: ActorPath, link: boolean): string | undefined {
    for (const [reference, path] of this.watching)
      if (path === to && isLink(reference) === link) return reference;
    return undefined;
  }
}
