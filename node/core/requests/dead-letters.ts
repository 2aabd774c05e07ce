// Requests about the dead letters of a shard, on the node that leads it.
import { SeqNodeError } from '../../base/errors.ts';
import type { Replica } from '../../cluster/replica.ts';
import { parseKey } from '../../journal/keys.ts';
import { decodeDeadLetter } from '../../runtime/dead-letters.ts';
import type { Shard } from '../../runtime/shard/shard.ts';
import type { StepContext } from '../step-context.ts';
import type { ClientRequest } from '../types.ts';
import type { Answer } from './codec.ts';
import type { DeadLetterDone, DeadLetterPage } from './results.ts';

type Listing = ClientRequest & { op: 'dead-letters' };
type Order = ClientRequest & { op: 'replay-dead-letter' | 'drop-dead-letter' };
type Done = (answer: Answer) => void;

const ROWS_MAX = 1000;

/** To be called once this node is known to lead. */
export function listDeadLetters(context: StepContext, replica: Replica, request: Listing, done: Done): void {
  const range = replica.keys.deadLetters(Math.max(1, request.from));
  context.scan({ ...range, limit: Math.max(1, Math.min(request.limit, ROWS_MAX)) }, (found) => {
    const rows = 'rest' in found ? found.rest : found.part;
    const letters = rows.flatMap(([key, bytes]) => {
      const parsed = parseKey(key);
      return parsed.kind === 'dead-letter' ? { number: parsed.number, bytes } : [];
    });
    const next = 'rest' in found ? null : (letters.at(-1)?.number ?? 0) + 1;
    done({ ok: true, value: { letters, next } satisfies DeadLetterPage });
  });
}

/** `elsewhere` names the node to ask when the lead of the shard is lost. */
export function orderDeadLetter(
  context: StepContext,
  shard: Shard,
  { op, number }: Order,
  elsewhere: () => Answer,
  done: Done,
): void {
  const { deadLetters, keys } = shard;
  const gone: Answer = { ok: true, value: { done: false } satisfies DeadLetterDone };
  if (!deadLetters.has(number)) return done(gone);
  const ended = (committed: boolean) =>
    done(committed ? { ok: true, value: { done: true } satisfies DeadLetterDone } : elsewhere());
  if (op === 'drop-dead-letter') return shard.note({ ...deadLetters.drop(number), ended });
  context.get([keys.deadLetter(number)], ([bytes]) => {
    // Another request was faster, or the entry that keeps the letter is not applied yet.
    if (!deadLetters.has(number)) return done(gone);
    if (bytes === undefined) return done(elsewhere());
    try {
      shard.note({ ...deadLetters.replay(number, decodeDeadLetter(bytes)), ended });
    } catch (error) {
      if (!(error instanceof SeqNodeError)) throw error;
      done({ ok: false, code: error.code, message: error.message, details: error.details });
    }
  });
}
