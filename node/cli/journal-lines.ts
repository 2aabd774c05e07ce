// A journal record on one line.
import type { JournalRow } from '../host/api.ts';
import type { Context } from './command.ts';
import { notationOf, printable, printLine } from './output.ts';

/** A record as the gateway gives it: its data are JSON. */
export interface JournalLine
  extends Pick<JournalRow, 'sequence' | 'kind' | 'term' | 'atMillis' | 'code' | 'origin' | 'upgrade'> {
  readonly message: unknown;
  readonly events: readonly unknown[];
  readonly set: readonly (readonly [unknown, unknown])[];
  readonly removed: readonly unknown[];
  readonly reply: unknown;
}

export function printRecord(context: Context, record: JournalLine) {
  printLine(context, printable(recordText(record)));
}

export function recordText(record: JournalLine): string {
  const { sequence, kind, atMillis, message, events, set, removed, reply, origin, code, upgrade } = record;
  const parts = [`#${sequence}`, new Date(atMillis).toISOString(), kind];
  if (message !== null) parts.push(notationOf(message));
  if (events.length > 0) parts.push(`events ${events.map(notationOf).join(' ')}`);
  if (set.length > 0)
    parts.push(`set ${set.map(([key, value]) => `${notationOf(key)}=${notationOf(value)}`).join(' ')}`);
  if (removed.length > 0) parts.push(`removed ${removed.map(notationOf).join(' ')}`);
  if (upgrade) {
    const { from, migrate } = upgrade;
    parts.push(`from ${from} to ${code}${migrate === null ? '' : ` by ${migrate}`}`);
  }
  if (reply !== null) parts.push(`reply ${notationOf(reply)}`);
  if (origin !== null) parts.push(`from ${origin}`);
  return parts.join('  ');
}
