// The records of all actors below a prefix, as the node's API gives them.
import { SeqNodeError } from '../base/errors.ts';
import { PREFIX_ADVICE, parsePath } from '../base/path.ts';
import { readCursor } from '../core/requests/cursor.ts';
import { type Followed, Follower, type Following } from '../core/requests/follower.ts';
import type { EventFeed, FollowedEvent, FollowOptions } from './api.ts';
import { journalRow } from './journal-row.ts';

/** Throws what is wrong with the options. */
export function followEvents(
  cluster: Following['cluster'],
  { prefix, exact, from }: FollowOptions,
  submit: Following['submit'],
): EventFeed {
  if (exact) parsePath(prefix);
  else if (prefix !== '' && !prefix.startsWith('/'))
    throw new SeqNodeError('bad-path', `The prefix ${JSON.stringify(prefix)} does not begin with a slash.`, {
      next: PREFIX_ADVICE,
    });
  const start = from === 'now' || from === 'beginning' ? from : readCursor(cluster, from);
  return new FollowerFeed(new Follower({ cluster, prefix, exact, from: start, submit }));
}

class FollowerFeed implements EventFeed {
  readonly #follower: Follower;
  #closed = false;
  #end: (() => void) | undefined;

  constructor(follower: Follower) {
    this.#follower = follower;
  }

  async next(): Promise<FollowedEvent | undefined> {
    if (this.#closed) return undefined;
    const followed = await new Promise<Followed | undefined>((resolve) => {
      this.#end = () => resolve(undefined);
      this.#follower.next(resolve);
    });
    if (followed?.kind !== 'failed') return followed && eventOf(followed, this.#follower.cursor());
    throw new SeqNodeError(followed.code, followed.message, followed.details);
  }

  close(): void {
    this.#closed = true;
    this.#follower.close();
    this.#end?.();
  }
}

function eventOf(followed: Exclude<Followed, { kind: 'failed' }>, cursor: string): FollowedEvent {
  if (followed.kind === 'caught-up') return { kind: 'caught-up', cursor };
  const { path, sequence, record } = followed;
  if (sequence === 0) return { kind: 'purged', path, cursor };
  try {
    if (record !== null) return { kind: 'record', path, row: journalRow(parsePath(path), record), cursor };
  } catch (error) {
    if (!(error instanceof SeqNodeError)) throw error;
  }
  return { kind: 'unreadable', path, sequence, cursor };
}
