// What a supervisor hears, and what it orders. A message that must wait for another to be done is kept in the
// supervisor's state, so that those which can wait have a form as data.
import { invariant } from '../../base/assert.ts';
import type { ActorPath } from '../../base/ids.ts';
import { type Data, List, Variant } from '../../base/value.ts';
import type { ActorMode } from '../envelope.ts';
import {
  asList,
  type ChildProgram,
  type ChildSpec,
  childData,
  readChild,
  readSpec,
  type SupervisorSpec,
  specData,
} from './supervisor-spec.ts';

/**
 * A life of a child, by the number that the order to start it had. No two lives of one supervisor's children
 * have the same.
 */
export interface ChildLife {
  readonly child: string;
  readonly life: number;
}

/**
 * `normal`, `shutdown`, or `shutdown:` and more, or BY_OPERATOR; anything else is an abnormal end, of which a
 * transient child is restarted.
 */
export type TerminationReason = string;

/** As if the operator had asked the supervisor to terminate the child: it is not restarted by itself. */
export const BY_OPERATOR = 'operator';

export const isAbnormal = (reason: TerminationReason): boolean =>
  reason !== 'normal' && reason !== 'shutdown' && reason !== BY_OPERATOR && !reason.startsWith('shutdown:');

/** `kill`: the child's time to stop is up. `restart`: its back-off is over. */
export interface SupervisorTimer extends ChildLife {
  readonly purpose: 'kill' | 'restart';
}

export type Request =
  | { readonly op: 'children' | 'count' }
  | { readonly op: 'add'; readonly spec: ChildSpec }
  /** Other settings, and other specifications and another order of children that it has. */
  | { readonly op: 'configure'; readonly supervisor: SupervisorSpec }
  /**
   * Of a simple-one-for-one supervisor: `args` are captured behind those of the specification. Without an id
   * it gets a number.
   */
  | { readonly op: 'add-instance'; readonly id: string | undefined; readonly args: readonly Data[] }
  /** `remove` terminates the child, if it runs, and deletes its specification. */
  | {
      readonly op: 'spec' | 'restart' | 'terminate' | 'delete' | 'remove';
      readonly child: string;
    };

/**
 * What may have to wait until other things are done. `retry` is the supervisor's own: a start failed and is
 * tried again.
 */
export type Deferrable =
  | ({ readonly kind: 'terminated'; readonly reason: TerminationReason } & ChildLife)
  | ({ readonly kind: 'retry' } & ChildLife)
  | ({ readonly kind: 'due' } & SupervisorTimer)
  | { readonly kind: 'request'; readonly from: string; readonly request: Request }
  /** An operator resumed a child that had ended, or that waits for its restart. */
  | ({ readonly kind: 'resumed' } & ChildLife)
  | { readonly kind: 'stop'; readonly byOperator?: boolean };

export type SupervisorMessage =
  /** The first message, and the first after the supervisor itself was restarted. */
  | { readonly kind: 'begin'; readonly spec: SupervisorSpec }
  | ({ readonly kind: 'started' } & ChildLife)
  | ({ readonly kind: 'start-failed'; readonly reason: string } & ChildLife)
  /** The supervisor's own time to stop is up. */
  | { readonly kind: 'kill' }
  | Exclude<Deferrable, { readonly kind: 'retry' }>;

export type Refusal =
  | 'not-found'
  | 'running'
  | 'restarting'
  | 'already-present'
  | 'already-started'
  | 'simple-one-for-one'
  | 'bad-child'
  | 'start-failed'
  | 'supervisor-ended';

export type RequestOutcome = { readonly ok: Data } | { readonly refused: Refusal; readonly message: string };

interface ChildOrder extends ChildLife {
  readonly path: ActorPath;
}

/** Each may be carried out late, and more than once: the life says whether it was. */
export type SupervisorOrder =
  /** Answered by `started` or `start-failed`. `restart`: the child had been running under this supervisor. */
  | (ChildOrder & {
      readonly kind: 'start';
      readonly program: ChildProgram;
      readonly mode: ActorMode;
      readonly state: 'journaled' | 'fresh';
      readonly restart: boolean;
    })
  /** Answered by `terminated`, also where that life is over. `kill` does not wait for the end of a turn. */
  | (ChildOrder & { readonly kind: 'stop'; readonly how: 'shutdown' | 'kill' })
  /** The child ended abnormally and is not restarted: it has failed. */
  | (ChildOrder & { readonly kind: 'let-go' })
  /** `dueMs` is wall time of the group. */
  | { readonly kind: 'arm'; readonly timer: SupervisorTimer; readonly dueMs: number }
  | { readonly kind: 'disarm'; readonly timer: SupervisorTimer }
  /** All children were started, in order: the start of the supervisor is done. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'reply'; readonly to: string; readonly outcome: RequestOutcome }
  /** No child is left: the supervisor ends. Its own supervisor is told the reason. */
  | {
      readonly kind: 'end';
      readonly lifecycle: 'stopped' | 'failed';
      readonly reason: TerminationReason;
    };

export function deferredData(message: Deferrable): Variant {
  switch (message.kind) {
    case 'terminated':
      return new Variant<Data>('Terminated', [message.child, message.life, message.reason]);
    case 'retry':
      return new Variant<Data>('Retry', [message.child, message.life]);
    case 'due':
      return new Variant<Data>('Due', [message.purpose, message.child, message.life]);
    case 'resumed':
      return new Variant<Data>('Resumed', [message.child, message.life]);
    case 'stop':
      return new Variant<Data>('Stop', message.byOperator ? [BY_OPERATOR] : []);
    case 'request':
      return new Variant<Data>('Request', [message.from, message.request.op, requestData(message.request)]);
  }
}

function requestData(request: Request): List {
  switch (request.op) {
    case 'children':
    case 'count':
      return List.of<Data>([]);
    case 'add':
      return List.of<Data>([childData(request.spec)]);
    case 'configure':
      return List.of<Data>([specData(request.supervisor)]);
    case 'add-instance':
      return List.of<Data>([request.id === undefined ? false : request.id, List.of(request.args)]);
    default:
      return List.of<Data>([request.child]);
  }
}

/** What `deferredData` made; anything else is an InvariantError. */
export function readDeferred(data: unknown): Deferrable {
  invariant(data instanceof Variant, 'a deferred message of a supervisor is no variant');
  const [first, second, third] = data.fields;
  switch (data.tag) {
    case 'Terminated':
      return { kind: 'terminated', child: first as string, life: second as number, reason: third as string };
    case 'Retry':
      return { kind: 'retry', child: first as string, life: second as number };
    case 'Due':
      return {
        kind: 'due',
        purpose: first as 'kill' | 'restart',
        child: second as string,
        life: third as number,
      };
    case 'Resumed':
      return { kind: 'resumed', child: first as string, life: second as number };
    case 'Stop':
      return { kind: 'stop', byOperator: first === BY_OPERATOR };
    default:
      invariant(data.tag === 'Request', () => `a supervisor deferred a message ${data.tag}`);
      return { kind: 'request', from: first as string, request: readRequest(second, third) };
  }
}

function readRequest(op: unknown, data: unknown): Request {
  const [first, second] = asList(data, 'request');
  switch (op as Request['op']) {
    case 'children':
    case 'count':
      return { op: op as 'children' | 'count' };
    case 'add':
      return { op: 'add', spec: readChild(first) };
    case 'configure':
      return { op: 'configure', supervisor: readSpec(first) };
    case 'add-instance':
      return {
        op: 'add-instance',
        id: first === false ? undefined : (first as string),
        args: asList(second, 'args') as Data[],
      };
    default:
      return { op: op as 'terminate', child: first as string };
  }
}
