// Journals for tests of the projection: records of actors whose states go where the test wants.
import { moduleHash } from '../../base/ids.ts';
import { type Data, diff, type SeqMap, Variant } from '../../base/value.ts';
import { encodeRecord, type RecordKind } from '../../journal/journal-record.ts';
import type { ProjectedRow } from '../batch.ts';

const CODE = { module: moduleHash('ab'.repeat(32)), target: { word: 'account' }, captured: [] };
export const FIRST_MILLIS = 1_700_000_000_000;

export interface Step {
  readonly path: string;
  readonly sequence: number;
  readonly kind?: RecordKind;
  readonly before: SeqMap;
  readonly after: SeqMap;
  readonly message?: Data;
  readonly events?: readonly Data[];
}

export function rowOf(step: Step): ProjectedRow {
  const { path, sequence, before, after, message = new Variant('Put', [sequence]), events = [] } = step;
  const kind = step.kind ?? (sequence === 1 ? 'spawned' : 'turn');
  const record = encodeRecord({
    sequence,
    kind,
    term: 1,
    atMillis: FIRST_MILLIS + sequence,
    code: CODE,
    origin: { source: 'c:order', number: sequence },
    message: kind === 'turn' ? message : null,
    events,
    patch: diff(before, after),
    reply: kind === 'turn' ? sequence : null,
    sent: [],
    inputs: null,
  });
  return { path, sequence, record };
}
