import { SeqNodeError } from '../base/errors.ts';

/** Why a program's own operation could not be carried out. */
export type FaultCode =
  | 'division-by-zero'
  | 'index-out-of-range'
  | 'type-fault'
  | 'bad-key'
  | 'bad-argument'
  | 'too-large'
  | 'no-match'
  | 'assertion-failed'
  | 'stack-underflow'
  | 'cancelled'
  | 'closed'
  | 'not-in-turn'
  | 'not-in-script'
  | 'deadlock'
  | 'no-answer'
  | 'ask-cycle';

/**
 * Ends a run: a mistake of the program. The runner adds where it happened; `message` is one sentence about
 * what.
 */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;

  constructor(code: FaultCode, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * What a host function threw that walks into a value and calls itself, made anew here: else its own calls
 * would fill the trace, and the fault would have no place in the program.
 */
export function fromHere(error: unknown): unknown {
  if (error instanceof Fault) return new Fault(error.code, error.message);
  if (error instanceof SeqNodeError) return new SeqNodeError(error.code, error.message, error.details);
  return error instanceof RangeError ? new RangeError(error.message) : error;
}

/** Carries out such a function. */
export function walking<T>(walk: () => T): T {
  try {
    return walk();
  } catch (error) {
    throw fromHere(error);
  }
}
