// What a child tells its supervisor, as the message that leaves with what it tells of.
import type { ActorPath } from '../../base/ids.ts';
import { type Data, Variant } from '../../base/value.ts';
import { type ActorHead, supervisorOf } from '../actor/head-row.ts';
import { encodePayload } from '../actor/payload.ts';
import type { OutboxRow } from '../shard/entry.ts';
import type { TerminationReason } from './supervisor-message.ts';

export type ChildNews =
  | { readonly kind: 'started' }
  /** It had ended, and an operator resumed it. */
  | { readonly kind: 'resumed' }
  /** Of a supervisor that ended before all its children were started. */
  | { readonly kind: 'start-failed'; readonly reason: string }
  | { readonly kind: 'terminated'; readonly reason: TerminationReason };

/** The message to the supervisor as `number`; none where nobody supervises the actor. */
export function reportRows(head: ActorHead, number: number, news: ChildNews): OutboxRow[] {
  const supervisor = supervisorOf(head);
  return supervisor === null
    ? []
    : [reportRow(supervisor.path, number, supervisor.child, supervisor.life, news)];
}

export function reportRow(
  to: ActorPath,
  number: number,
  child: string,
  life: number,
  news: ChildNews,
): OutboxRow {
  return [to, number, encodePayload({ kind: 'report', report: newsData(child, life, news) })];
}

function newsData(child: string, life: number, news: ChildNews): Variant {
  switch (news.kind) {
    case 'started':
      return new Variant<Data>('Started', [child, life]);
    case 'resumed':
      return new Variant<Data>('Resumed', [child, life]);
    case 'start-failed':
      return new Variant<Data>('StartFailed', [child, life, news.reason]);
    case 'terminated':
      return new Variant<Data>('Terminated', [child, life, news.reason]);
  }
}

/** The message with which a supervisor begins, to itself. */
export function beginRow(self: ActorPath, number: number): OutboxRow {
  return [self, number, encodePayload({ kind: 'report', report: new Variant<Data>('Begin', []) })];
}
