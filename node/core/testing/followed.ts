// Follows events on a lone node, whose requests end as it goes on.
import type { Positions } from '../requests/cursor.ts';
import { readCursor } from '../requests/cursor.ts';
import { type Followed, Follower } from '../requests/follower.ts';
import type { ClientResult } from '../types.ts';
import type { LoneNode } from './lone-node.ts';

export interface FollowedBy {
  readonly prefix: string;
  readonly exact?: boolean;
  readonly from?: Positions | 'now' | 'beginning' | string;
}

export class LoneFollower {
  readonly follower: Follower;
  readonly #lone: LoneNode;
  readonly #pending = new Map<number, (result: ClientResult) => void>();

  constructor(lone: LoneNode, shards: number, { prefix, exact = false, from = 'beginning' }: FollowedBy) {
    this.#lone = lone;
    const cluster = { id: 'test', shards };
    const begin = typeof from === 'string' && from.length > 9 ? readCursor(cluster, from) : from;
    this.follower = new Follower({
      cluster,
      prefix,
      exact,
      from: begin as Positions | 'now' | 'beginning',
      submit: (request, done) => this.#pending.set(lone.submit(request), done),
    });
  }

  #pump(): void {
    for (const [id, done] of this.#pending) {
      const result = this.#lone.result(id);
      if (result === undefined) continue;
      this.#pending.delete(id);
      done(result);
    }
  }

  get pending(): number {
    return this.#pending.size;
  }

  /** The next one, if it comes within some time. */
  next(): Followed | undefined {
    let found: Followed | undefined;
    this.follower.next((followed) => {
      found = followed;
    });
    for (let at = 0; at < 40 && found === undefined; at++) {
      this.#pump();
      if (found === undefined) this.#lone.pass(50);
    }
    return found;
  }

  /** Those that come, with the sequences of records; `caught-up` and errors as words. */
  take(most = 1000): string[] {
    const taken: string[] = [];
    while (taken.length < most) {
      const next = this.next();
      if (next === undefined) break;
      taken.push(textOf(next));
    }
    return taken;
  }
}

export function textOf(followed: Followed): string {
  if (followed.kind === 'failed') return followed.code;
  return followed.kind === 'event' ? `${followed.path} ${followed.sequence}` : followed.kind;
}
