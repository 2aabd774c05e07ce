// Requests about the timers of an actor, on the node that leads its shard.
import { SeqNodeError } from '../../base/errors.ts';
import type { ActorPath } from '../../base/ids.ts';
import type { Replica } from '../../cluster/replica.ts';
import { parseKey } from '../../journal/keys.ts';
import { readRange, type Scanner } from '../../journal/scanning.ts';
import type { StoreEntry } from '../../journal/store-port.ts';
import { timerKey, timersAfter, timersOf } from '../../journal/timer-keys.ts';
import { decodeTimer } from '../../runtime/actor/timer-row.ts';
import type { Shard } from '../../runtime/shard/shard.ts';
import { isTimerId } from '../../runtime/turn/timer-wants.ts';
import type { StepContext } from '../step-context.ts';
import type { ClientRequest } from '../types.ts';
import type { Answer } from './codec.ts';
import type { PendingTimers, ShardTimers, TimerCancelled, TimerPage } from './results.ts';

type Listing = ClientRequest & { op: 'timers' };
type ShardListing = ClientRequest & { op: 'shard-timers' };
type Order = ClientRequest & { op: 'cancel-timer' };
type Done = (answer: Answer) => void;

const ROWS_MAX = 1000;
/** Timers that are looked at for a summary, and that it names. */
const COUNTED_MAX = 10_000;
const NEXT_MAX = 5;

/** To be called once this node is known to lead. What cannot be read is counted and not named. */
export function summarizeTimers(
  store: Scanner,
  { keys }: Pick<Replica, 'keys'>,
  path: ActorPath,
  done: (timers: PendingTimers) => void,
): void {
  let count = 0;
  let next: PendingTimers['next'] = [];
  readRange(store, timersOf(keys, path), {
    page: (rows) => {
      if (count + rows.length > COUNTED_MAX) {
        done({ count: COUNTED_MAX, more: true, next: [] });
        return false;
      }
      count += rows.length;
      next = [...next, ...rows.flatMap(summaryOf)].sort(inDueOrder).slice(0, NEXT_MAX);
      return true;
    },
    end: () => done({ count, more: false, next }),
  });
}

type Summary = PendingTimers['next'][number];

function summaryOf([key, bytes]: StoreEntry): Summary[] {
  try {
    const parsed = parseKey(key);
    if (parsed.kind !== 'timer') return [];
    const { due, every, to } = decodeTimer(bytes);
    return [{ id: parsed.name, dueMillis: due, every: every ?? null, to }];
  } catch (error) {
    if (error instanceof SeqNodeError) return [];
    throw error;
  }
}

const inDueOrder = (a: Summary, b: Summary): number =>
  a.dueMillis - b.dueMillis || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** Those of an actor, or of a shard. To be called once this node is known to lead. */
export function listTimers(
  context: StepContext,
  replica: Replica,
  request: Listing | ShardListing,
  done: Done,
): void {
  if (request.op === 'timers') listOfActor(context, replica, request, done);
  else listOfShard(context, replica, request, done);
}

function listOfActor(
  context: StepContext,
  { keys }: Replica,
  { path, after, limit }: Listing,
  done: Done,
): void {
  const range = timersOf(keys, path);
  // Behind the row of `after`, which may be gone.
  const from = isTimerId(after) ? timerKey(keys, path, `${after}\u0001`) : range.from;
  context.scan({ from, to: range.to, limit: Math.max(1, Math.min(limit, ROWS_MAX)) }, (found) => {
    const rows = 'rest' in found ? found.rest : found.part;
    const timers = rows.flatMap(([key, bytes]) => {
      const parsed = parseKey(key);
      return parsed.kind === 'timer' ? { id: parsed.name, bytes } : [];
    });
    const next = 'rest' in found ? null : (timers.at(-1)?.id ?? null);
    done({ ok: true, value: { timers, next } satisfies TimerPage });
  });
}

function listOfShard(
  context: StepContext,
  { keys }: Replica,
  { owner, timer, limit }: ShardListing,
  done: Done,
): void {
  const range = timersAfter(keys, owner, timer);
  context.scan({ ...range, limit: Math.max(1, Math.min(limit, ROWS_MAX)) }, (found) => {
    const rows = 'rest' in found ? found.rest : found.part;
    const timers = rows.flatMap(([key, bytes]) => {
      const parsed = parseKey(key);
      return parsed.kind === 'timer' ? { owner: parsed.path, id: parsed.name, bytes } : [];
    });
    done({ ok: true, value: { timers, more: 'part' in found } satisfies ShardTimers });
  });
}

/** `elsewhere` names the node to ask when the lead of the shard is lost. */
export function cancelTimer(
  context: StepContext,
  shard: Shard,
  { path, timer }: Order,
  elsewhere: (begun: boolean) => Answer,
  done: Done,
): void {
  const told = (cancelled: boolean) => done({ ok: true, value: { cancelled } satisfies TimerCancelled });
  if (!isTimerId(timer)) return told(false);
  context.get([timerKey(shard.keys, path, timer)], ([bytes]) => {
    if (bytes === undefined) return told(false);
    shard.cancelTimer(path, timer, (committed) => (committed ? told(true) : done(elsewhere(true))));
  });
}
