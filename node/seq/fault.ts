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
  | 'no-answer';

/** Ends a run: a mistake of the program. The runner adds where it happened; `message` is one sentence about what. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;

  constructor(code: FaultCode, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Carries out a host function that walks into a value and calls itself. What it throws is thrown anew from here: else its own
 * calls would fill the trace, and the fault would have no place in the program.
 */
export function walking<T>(walk: () => T): T {
  try {
    return walk();
  } catch (error) {
    if (error instanceof Fault) throw new Fault(error.code, error.message);
    throw error instanceof RangeError ? new RangeError(error.message) : error;
  }
}
