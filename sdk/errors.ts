// What a call can end with, other than its result.

/** Every code that a node can answer; docs/ERRORS.md says what each means and what to do. */
export type ErrorCode =
  | 'bad-usage'
  | 'unreadable-file'
  | 'bad-request'
  | 'bad-query'
  | 'query-too-long'
  | 'no-projection'
  | 'no-such-endpoint'
  | 'method-not-allowed'
  | 'request-timeout'
  | 'bad-path'
  | 'bad-cursor'
  | 'events-not-kept'
  | 'bad-message'
  | 'bad-notation'
  | 'export-damaged'
  | 'export-lost'
  | 'not-empty'
  | 'importing'
  | 'bad-tree'
  | 'tree-refused'
  | 'tree-not-applied'
  | 'bad-program'
  | 'not-data'
  | 'bad-config'
  | 'unauthorized'
  | 'origin-refused'
  | 'token-refused'
  | 'not-admitted'
  | 'name-taken'
  | 'no-such-actor'
  | 'no-such-dead-letter'
  | 'no-such-member'
  | 'last-member'
  | 'still-leaving'
  | 'no-such-module'
  | 'actor-exists'
  | 'actor-stopped'
  | 'actor-suspended'
  | 'not-ended'
  | 'migrate-failed'
  | 'actor-ended'
  | 'actor-quarantined'
  | 'turn-failed'
  | 'ask-failed'
  | 'ask-cycle'
  | 'id-reused'
  | 'lease-lost'
  | 'queue-not-empty'
  | 'reserved-path'
  | 'task-failed'
  | 'no-reply'
  | 'too-large'
  | 'overloaded'
  | 'no-quorum'
  | 'disk-full'
  | 'outcome-unknown'
  | 'unreachable'
  | 'stopping'
  | 'disk-failed'
  | 'log-damaged'
  | 'journal-damaged'
  | 'data-in-use'
  | 'not-a-cluster'
  | 'output-lost'
  | 'internal';

/**
 * What became of the message. `none`: it had no effect, and never will. `done`: it was handled, and this is
 * how that ended; the same id is answered the same. `unknown`: it may have taken effect, or still may; the
 * same id tells.
 */
export type Outcome = 'none' | 'done' | 'unknown';

/** Refusals that pass: the same call, with the same id, may succeed later or at another node. */
const RETRYABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'outcome-unknown',
  'no-quorum',
  'overloaded',
  'stopping',
  'unreachable',
  'request-timeout',
  'disk-full',
]);

/** The message had its turn. */
const HANDLED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'turn-failed',
  'ask-failed',
  'ask-cycle',
  'no-reply',
]);

export interface ErrorText {
  readonly message: string;
  /** What to do next, in one sentence. */
  readonly advice?: string;
  /** What belongs to the code, such as the forms that an actor accepts. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** The one class of what a call rejects with, but for an AbortSignal's own reason. */
export class SeqNodeError extends Error {
  override readonly name = 'SeqNodeError';
  readonly code: ErrorCode;
  readonly advice: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, { message, advice = '', details = {}, cause }: ErrorText) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.advice = advice;
    this.details = details;
  }

  /** Whether the same call may succeed later, or at another node. The client did so until its time was up. */
  get retryable(): boolean {
    return RETRYABLE.has(this.code);
  }

  get outcome(): Outcome {
    if (this.code === 'outcome-unknown') return 'unknown';
    return HANDLED.has(this.code) ? 'done' : 'none';
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** The error in the body of a refusal, or in an item of a batch; undefined when there is none. */
export function readError(body: unknown): SeqNodeError | undefined {
  const error = isRecord(body) ? body.error : undefined;
  if (!isRecord(error) || typeof error.code !== 'string') return undefined;
  const { code, message, advice, details } = error;
  // A newer node may know a code that this client does not.
  return new SeqNodeError(code as ErrorCode, {
    message: typeof message === 'string' ? message : code,
    ...(typeof advice === 'string' && { advice }),
    ...(isRecord(details) && { details }),
  });
}
