// Follows the records of all actors below a prefix, over all shards: asks each for one page at a time, and
// hands their records out one by one as they are asked for.
//
// Invariants
//  F1  Of each shard at most one page is held, and the next is asked for once that is handed out whole: who
//      does not ask stops the reading.
//  F2  The cursor covers all that was handed out so far, and nothing else.
//  F3  `caught-up` comes once, when everything was handed out that was committed before the following began.
import type { ErrorCode } from '../../base/errors.ts';
import { type GroupId, groupId } from '../../base/ids.ts';
import { parsePath } from '../../base/path.ts';
import { shardOf } from '../../cluster/placement.ts';
import type { ClientRequest, ClientResult, ClusterIdentity } from '../types.ts';
import { cursorOf, FROM_THE_BEGINNING, type Positions, type ShardPosition } from './cursor.ts';
import type { EventPage, EventRow } from './results.ts';

export type Followed =
  /** Sequence 0: the actor was purged, with all of its records. Null: the record cannot be read. */
  | {
      readonly kind: 'event';
      readonly path: string;
      readonly sequence: number;
      readonly record: Uint8Array | null;
    }
  | { readonly kind: 'caught-up' }
  /** Nothing comes after it. */
  | {
      readonly kind: 'failed';
      readonly code: ErrorCode;
      readonly message: string;
      readonly details: Readonly<Record<string, unknown>>;
    };

export interface Following {
  readonly cluster: Pick<ClusterIdentity, 'id' | 'shards'>;
  readonly prefix: string;
  /** The prefix is the path of the one actor. */
  readonly exact: boolean;
  readonly from: Positions | 'now' | 'beginning';
  submit(request: ClientRequest, done: (result: ClientResult) => void): void;
}

interface Part {
  readonly group: GroupId;
  /** Behind what was handed out. */
  position: ShardPosition;
  /** Up to which entry the shard was committed when the following began. */
  end: number | undefined;
  asked: boolean;
  events: readonly EventRow[];
  at: number;
  /** Behind the page. */
  next: ShardPosition;
}

/** How long a shard is asked for what is not there yet, and what one without a leader has to find one. */
const PATIENCE = { waitMs: 2_000, timeoutMs: 5_000 };

export class Follower {
  readonly #following: Following;
  readonly #parts: readonly Part[];
  readonly #positions: ShardPosition[];
  #caughtUp = false;
  #turn = 0;
  #failed: Followed | undefined;
  /** Shards whose end is not known, where the following begins there. */
  #unknown = 0;
  #wanted: ((followed: Followed) => void) | undefined;
  #closed = false;

  constructor(following: Following) {
    const { cluster, from } = following;
    this.#following = following;
    const given = typeof from === 'string' ? undefined : from;
    this.#positions = Array.from({ length: cluster.shards }, (_, at) => given?.[at] ?? FROM_THE_BEGINNING);
    this.#parts = groupsOf(following).map((group) => ({
      group,
      position: this.#positions[group - 1]!,
      end: undefined,
      asked: false,
      events: [],
      at: 0,
      next: this.#positions[group - 1]!,
    }));
    // The position of the others is asked for too: the cursor covers them.
    const groups = from === 'now' ? allGroups(cluster.shards) : this.#parts.map(({ group }) => group);
    if (from === 'now') this.#unknown = groups.length;
    for (const group of groups) this.#askEnd(group);
    if (from !== 'now') for (const part of this.#parts) this.#ask(part);
  }

  /** Not to be called again before `done` was, which happens once, maybe before this returns. */
  next(done: (followed: Followed) => void): void {
    this.#wanted = done;
    this.#handOut();
  }

  /** Behind what was handed out last. It covers all shards, so it is made only when asked for. */
  cursor(): string {
    return cursorOf(this.#following.cluster, this.#positions);
  }

  /** Nothing is handed out any more. */
  close(): void {
    this.#closed = true;
    this.#wanted = undefined;
  }

  // ── Asking ──

  #askEnd(group: GroupId): void {
    const { submit } = this.#following;
    const { timeoutMs } = PATIENCE;
    submit({ op: 'applied-index', group, timeoutMs }, (result) => {
      if (!result.ok) return this.#fail(result);
      const end = result.value as number;
      const part = this.#parts.find((each) => each.group === group);
      if (part !== undefined) part.end = end;
      if (this.#following.from === 'now') {
        this.#unknown--;
        this.#positions[group - 1] = { index: end + 1, skip: 0 };
        if (part !== undefined) {
          part.position = this.#positions[group - 1]!;
          this.#ask(part);
        }
      }
      this.#handOut();
    });
  }

  #ask(part: Part): void {
    if (part.asked || this.#closed) return;
    part.asked = true;
    const { prefix, exact, submit } = this.#following;
    const { group, position, end } = part;
    const eager = end === undefined || position.index <= end;
    const request = { op: 'events', group, prefix, exact, ...position, eager, ...PATIENCE } as const;
    submit(request, (result) => {
      part.asked = false;
      if (this.#closed) return;
      if (!result.ok) return this.#fail(result);
      const { events, index, skip } = result.value as EventPage;
      part.events = events;
      part.at = 0;
      part.next = { index, skip };
      if (events.length === 0) this.#handedOut(part);
      this.#handOut();
    });
  }

  #fail({ code, message, details }: Extract<ClientResult, { ok: false }>): void {
    this.#failed ??= { kind: 'failed', code, message, details };
    this.#handOut();
  }

  // ── Handing out ──

  #handOut(): void {
    if (this.#wanted === undefined || this.#closed) return;
    if (this.#failed !== undefined) return this.#give(this.#failed);
    if (this.#unknown > 0) return;
    const part = this.#nextPart();
    if (part !== undefined) return this.#give(this.#eventOf(part));
    if (!this.#isCaughtUp()) return;
    this.#caughtUp = true;
    this.#give({ kind: 'caught-up' });
  }

  #give(followed: Followed): void {
    const wanted = this.#wanted!;
    this.#wanted = undefined;
    wanted(followed);
  }

  /** The shards take turns, so that a busy one does not keep the others waiting. */
  #nextPart(): Part | undefined {
    const parts = this.#parts;
    for (let tried = 0; tried < parts.length; tried++) {
      const part = parts[(this.#turn + tried) % parts.length]!;
      if (part.at >= part.events.length) continue;
      this.#turn = (this.#turn + tried + 1) % parts.length;
      return part;
    }
    return undefined;
  }

  #eventOf(part: Part): Followed {
    const [path, sequence, index, place, record] = part.events[part.at]!;
    part.at++;
    if (part.at === part.events.length) this.#handedOut(part);
    else this.#move(part, { index, skip: place + 1 });
    return { kind: 'event', path, sequence, record };
  }

  #handedOut(part: Part): void {
    part.events = [];
    part.at = 0;
    this.#move(part, part.next);
    this.#ask(part);
  }

  #move(part: Part, position: ShardPosition): void {
    part.position = position;
    this.#positions[part.group - 1] = position;
  }

  #isCaughtUp(): boolean {
    if (this.#caughtUp) return false;
    return this.#parts.every(({ end, position }) => end !== undefined && position.index > end);
  }
}

const allGroups = (shards: number): GroupId[] => Array.from({ length: shards }, (_, at) => groupId(at + 1));

/** Three whole segments decide the shard. */
function groupsOf({ cluster, prefix, exact }: Following): readonly GroupId[] {
  if (exact) return [shardOf(parsePath(prefix), cluster.shards)];
  const [, first, second, third, more] = prefix.split('/');
  if (more === undefined) return allGroups(cluster.shards);
  try {
    return [shardOf(parsePath(`/${first}/${second}/${third}`), cluster.shards)];
  } catch {
    return [];
  }
}
