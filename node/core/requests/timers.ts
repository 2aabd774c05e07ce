// Requests about the timers of an actor, on the node that leads its shard.
import type { Replica } from '../../cluster/replica.ts';
import { parseKey } from '../../journal/keys.ts';
import { timerKey, timersOf } from '../../journal/timer-keys.ts';
import type { Shard } from '../../runtime/shard/shard.ts';
import { isTimerId } from '../../runtime/turn/timer-wants.ts';
import type { StepContext } from '../step-context.ts';
import type { ClientRequest } from '../types.ts';
import type { Answer } from './codec.ts';
import type { TimerCancelled, TimerPage } from './results.ts';

type Listing = ClientRequest & { op: 'timers' };
type Order = ClientRequest & { op: 'cancel-timer' };
type Done = (answer: Answer) => void;

const ROWS_MAX = 1000;

/** To be called once this node is known to lead. */
export function listTimers(
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

/** `elsewhere` says whom to ask when the lead of the shard is lost. */
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
