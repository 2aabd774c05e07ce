// What clients asked for and were told: the outside view of a run, which the end of it is judged by.
import type { ErrorCode } from '../node/base/errors.ts';
import type { ActorPath } from '../node/base/ids.ts';
import type { Data } from '../node/base/value.ts';

export type OperationKind = 'spawn' | 'tell' | 'ask' | 'inspect';

/** What a client was told in the end. `reply` is undefined for a tell or spawn, and for a read the state. */
export type Outcome =
  | {
      readonly ok: true;
      readonly sequence: number;
      readonly reply: Data | undefined;
      /** Its turn changed nothing: it stands in no journal, and saw the state at `sequence`. */
      readonly read?: boolean;
    }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

export interface Operation {
  readonly id: string;
  readonly kind: OperationKind;
  readonly path: ActorPath;
  readonly message: Data | undefined;
  /** Virtual microseconds. */
  readonly invokedAt: number;
  completedAt: number | undefined;
  outcome: Outcome | undefined;
  /** How often a client sent it. */
  attempts: number;
  /** Whether the client lost sight of it: it may have taken effect or not. */
  abandoned: boolean;
}

/** Codes after which a client tries again, since nothing was decided or nobody knows what was. */
const RETRYABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'no-quorum',
  'overloaded',
  'disk-full',
  'outcome-unknown',
  'unreachable',
  'stopping',
]);

/** Those of them that say that nothing was done, and nothing will be. */
const NOTHING_DONE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'no-quorum',
  'overloaded',
  'disk-full',
  'stopping',
]);

export const saysNothingDone = (code: ErrorCode): boolean => NOTHING_DONE.has(code);
export const isRetryable = (code: ErrorCode): boolean => RETRYABLE.has(code);

export class History {
  readonly operations: Operation[] = [];

  begin(kind: OperationKind, id: string, path: ActorPath, message: Data | undefined, now: number): Operation {
    const operation: Operation = {
      id,
      kind,
      path,
      message,
      invokedAt: now,
      completedAt: undefined,
      outcome: undefined,
      attempts: 0,
      abandoned: false,
    };
    this.operations.push(operation);
    return operation;
  }

  get open(): readonly Operation[] {
    return this.operations.filter(({ outcome, abandoned }) => outcome === undefined && !abandoned);
  }
}
