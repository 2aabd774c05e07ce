// What rows have in common.
import type { ErrorCode } from '../../base/errors.ts';
import { ROWS_DEFAULT, ROWS_MAX } from '../request.ts';
import type { Parameter, Result } from './row.ts';
import { integer, ref, type Schema, text } from './schema.ts';

/** Any request may be refused so. */
export const EVERY: readonly ErrorCode[] = [
  'bad-request',
  'unauthorized',
  'origin-refused',
  'request-timeout',
  'too-large',
  'overloaded',
  'stopping',
  'internal',
  'no-such-endpoint',
];

const UNSERVED: readonly ErrorCode[] = [
  'no-quorum',
  'outcome-unknown',
  'unreachable',
  'disk-full',
  'disk-failed',
  'log-damaged',
  'journal-damaged',
];

export const READ: readonly ErrorCode[] = [...UNSERVED, 'bad-path'];
export const OF_ACTOR: readonly ErrorCode[] = [...READ, 'no-such-actor', 'actor-quarantined'];
/** An order to an actor, which carries an id. */
export const ORDER: readonly ErrorCode[] = [
  ...OF_ACTOR,
  'id-reused',
  'actor-stopped',
  'actor-suspended',
  'actor-ended',
  'reserved-path',
  'turn-failed',
];
export const MESSAGE: readonly ErrorCode[] = [
  ...ORDER,
  'bad-message',
  'bad-notation',
  'not-data',
  'ask-failed',
  'ask-cycle',
  'task-failed',
  'no-reply',
  'lease-lost',
  'queue-not-empty',
];
export const QUEUE: readonly ErrorCode[] = [...MESSAGE];

export const TIMEOUT: Parameter = {
  name: 'timeoutMs',
  schema: ref('TimeoutMs'),
  about: 'How long to try, in milliseconds',
};
export const LIMIT: Parameter = {
  name: 'limit',
  schema: { ...integer(1, ROWS_MAX), default: ROWS_DEFAULT },
  about: 'Rows of a page, at most; fewer where they are large',
};
export const after = (schema: Schema, about: string): Parameter => ({ name: 'after', schema, about });

export const json = (about: string, schema: Schema): Result => ({ about, schema });
export const plain = (about: string): Result => ({ about, schema: text(), type: 'text/plain' });
