// The action of a timer, as a row. Its due time is in the key of another row: see node/journal/timer-keys.ts.
import { decodeData, encodeData } from '../../base/codec.ts';
import type { ActorPath } from '../../base/ids.ts';
import { pack } from '../../base/pack.ts';
import { bytesView, count, malformed, text } from '../../base/tree.ts';
import type { Data } from '../../base/value.ts';
import { ROW_VERSION, readRow } from './row.ts';

const MISSED = ['once', 'skip', 'all'] as const;

/**
 * What a repeated timer does about occurrences that passed, as while the cluster was down: one message for
 * all of them, none, or one for each.
 */
export type Missed = (typeof MISSED)[number];

export interface Repetition {
  readonly periodMs: number;
  readonly missed: Missed;
}

export interface TimerContent {
  /** In which life its owner set it: see the incarnation of a head. */
  readonly life: string;
  /** As in the key of its due row. */
  readonly due: number;
  readonly to: ActorPath;
  readonly message: Data;
  /** Undefined: it fires once. */
  readonly every: Repetition | undefined;
}

export function encodeTimer({ life, due, to, message, every }: TimerContent): Uint8Array {
  return pack([
    ROW_VERSION,
    life,
    due,
    to,
    encodeData(message),
    every?.periodMs ?? 0,
    every?.missed ?? 'once',
  ]);
}

/** Throws `journal-damaged` for bytes that `encodeTimer` did not make. */
export function decodeTimer(bytes: Uint8Array): TimerContent {
  return readRow(bytes, 'A timer', ([life, due, to, message, period, policy]) => {
    const periodMs = count(period);
    const missed = MISSED.find((each) => each === policy);
    if (missed === undefined) throw malformed('once, skip or all');
    return {
      life: text(life),
      due: count(due),
      to: text(to) as ActorPath,
      message: decodeData(bytesView(message)),
      every: periodMs === 0 ? undefined : { periodMs, missed },
    };
  });
}
