// What the node's API gives, as JSON for clients.
import { type FieldNames, toJson } from '../base/json.ts';
import type { Data } from '../base/value.ts';
import type {
  Acknowledgement,
  ActorView,
  AskResult,
  DeadLetterView,
  JournalRow,
  TimerView,
} from '../host/api.ts';

/**
 * JSON text. Written by hand: it is on the hot path, and every part but the response is a number or a known
 * word.
 */
export function acknowledgementJson(acknowledgement: Acknowledgement): string {
  const { mode, sequence } = acknowledgement;
  return `{"acknowledged":true,"mode":"${mode}","sequence":${sequence}${flagsOf(acknowledgement)}}`;
}

/** JSON text. `positional`: the fields of variants stand in lists. */
export function askResultJson(result: AskResult, positional: boolean): string {
  const { response, fields, mode, sequence } = result;
  return `{"response":${dataJson(response, positional ? undefined : fields)},"mode":"${mode}","sequence":${sequence}${flagsOf(result)}}`;
}

const flagsOf = ({ read, replayed, leader }: Acknowledgement | AskResult): string =>
  `${read ? ',"read":true' : ''}${replayed ? ',"replayed":true' : ''}${leader ? `,"leader":"${leader}"` : ''}`;

/** JSON text. Small integers, the usual answers, need no tree. */
function dataJson(value: Data, names?: FieldNames): string {
  return typeof value === 'number' ? String(value) : JSON.stringify(toJson(value, names));
}

export function actorJson(view: ActorView): object {
  return { ...view, state: toJson(view.state) };
}

export function journalRowJson(row: JournalRow): object {
  return {
    ...row,
    message: row.message === null ? null : toJson(row.message),
    events: row.events.map((each) => toJson(each)),
    set: row.set.map((pair) => pair.map((each) => toJson(each))),
    removed: row.removed.map((each) => toJson(each)),
    reply: row.reply === null ? null : toJson(row.reply),
  };
}

export const timerJson = (timer: TimerView): object => ({ ...timer, message: toJson(timer.message) });

export function deadLetterJson(letter: DeadLetterView): object {
  return { ...letter, message: letter.message === null ? null : toJson(letter.message) };
}
