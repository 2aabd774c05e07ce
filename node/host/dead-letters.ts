// The dead letters of all shards, as the node's API gives them.
import { SeqNodeError } from '../base/errors.ts';
import { type GroupId, groupId, senderPath } from '../base/ids.ts';
import type { DeadLetterDone, DeadLetterPage as Page } from '../core/requests/results.ts';
import type { ClientRequest } from '../core/types.ts';
import { decodePayload } from '../runtime/actor/payload.ts';
import { decodeDeadLetter } from '../runtime/dead-letters.ts';
import type { DeadLetterPage, DeadLetterView } from './api.ts';

type Send = <T>(request: ClientRequest) => Promise<T>;

interface Place {
  readonly group: GroupId;
  readonly number: number;
}

/** Shard by shard; at most `limit` letters after the id `after`. */
export async function listDeadLetters(
  send: Send,
  shards: number,
  after: string | undefined,
  limit: number,
  timeoutMs: number,
): Promise<DeadLetterPage> {
  const letters: DeadLetterView[] = [];
  let { group, number: from } =
    after === undefined ? { group: groupId(1), number: 0 } : placeOf(after, shards);
  for (from++; letters.length < limit; ) {
    const request = { op: 'dead-letters', group, from, limit: limit - letters.length, timeoutMs } as const;
    const page = await send<Page>(request);
    for (const { number, bytes } of page.letters) letters.push(viewOf(`${group}-${number}`, bytes));
    if (page.next !== null) from = page.next;
    else if (group >= shards) return { letters, next: null };
    else {
      group = groupId(group + 1);
      from = 1;
    }
  }
  return { letters, next: letters.at(-1)?.id ?? null };
}

export async function findDeadLetter(
  send: Send,
  shards: number,
  id: string,
  timeoutMs: number,
): Promise<DeadLetterView> {
  const { group, number } = placeOf(id, shards);
  const { letters } = await send<Page>({ op: 'dead-letters', group, from: number, limit: 1, timeoutMs });
  const [found] = letters;
  if (found?.number !== number) throw gone(id);
  return viewOf(id, found.bytes);
}

export function orderDeadLetter(
  send: Send,
  shards: number,
  op: 'replay-dead-letter' | 'drop-dead-letter',
  id: string,
  timeoutMs: number,
): Promise<DeadLetterDone> {
  return send({ op, ...placeOf(id, shards), timeoutMs });
}

const ID = /^([1-9]\d{0,4})-([1-9]\d{0,14})$/;

function placeOf(id: string, shards: number): Place {
  const [, shard, number] = ID.exec(id) ?? [];
  if (shard === undefined || Number(shard) > shards) throw gone(id);
  return { group: groupId(Number(shard)), number: Number(number) };
}

const gone = (id: string) => new SeqNodeError('no-such-dead-letter', `There is no dead letter ${id}.`);

function viewOf(id: string, bytes: Uint8Array): DeadLetterView {
  const { atMillis, sender, receiver, code, reason, payload } = decodeDeadLetter(bytes);
  const decoded = decodePayload(payload);
  const message = decoded.kind === 'message' ? decoded.message : null;
  return { id, atMillis, sender: senderPath(sender), receiver, code, reason, kind: decoded.kind, message };
}
