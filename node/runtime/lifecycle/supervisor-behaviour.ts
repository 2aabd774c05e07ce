// A supervisor as a behaviour: its turns are those of any actor, with a function of ours in the place of a
// program. Its code is SUPERVISOR_MODULE with its specification as the captured value, so rows, records and
// frames hold it as they hold other code.

import { InvariantError } from '../../base/assert.ts';
import type { BehaviourRef } from '../../base/behaviour-ref.ts';
import { SeqNodeError } from '../../base/errors.ts';
import type { ActorPath } from '../../base/ids.ts';
import { SUPERVISOR_MODULE } from '../../base/ids.ts';
import { childPath } from '../../base/path.ts';
import { type Data, type SeqMap, type Sym, Variant } from '../../base/value.ts';
import type { Behaviour, MessageType, TurnEnd, TurnHost, TurnRun } from '../behaviour.ts';
import type { Answer, Payload } from '../envelope.ts';
import { decide } from './supervisor.ts';
import {
  BY_OPERATOR,
  type Request,
  type RequestOutcome,
  type SupervisorMessage,
  type SupervisorOrder,
  type SupervisorTimer,
} from './supervisor-message.ts';
import { type ChildProgram, readChild, readSpec, type SupervisorSpec, specData } from './supervisor-spec.ts';

export type SupervisorEnd = Extract<SupervisorOrder, { readonly kind: 'end' }>;

/** What the turn of a supervisor may call beside what all may. */
export interface SupervisorHost extends TurnHost {
  order(to: ActorPath, payload: Payload): void;
  /** All its children are started. */
  ready(): void;
  end(end: SupervisorEnd): void;
  /** Sets a timer of its own, which comes back as `message`. */
  arm(id: string, message: Data, delayMs: number): void;
  disarm(id: string): void;
  /** A name for whoever asked; undefined where no actor did. */
  asker(): string | undefined;
  /** The reply to the message of this turn comes in a later one. */
  defer(): void;
  /** Answers an earlier message, by the name of who asked. */
  answer(asker: string, outcome: Answer): void;
}

export const isSupervisor = ({ module }: Pick<BehaviourRef, 'module'>): boolean =>
  module === SUPERVISOR_MODULE;

export function supervisorCode(spec: SupervisorSpec): BehaviourRef {
  return { module: SUPERVISOR_MODULE, target: { word: 'supervisor' }, captured: [specData(spec)] };
}

export const codeOfProgram = (program: ChildProgram): BehaviourRef =>
  'code' in program ? program.code : supervisorCode(program.supervisor);

/** Undefined for a reference that is no valid supervisor. */
export function supervisorBehaviour(ref: BehaviourRef): Behaviour | undefined {
  try {
    return ref.captured.length === 1 ? new SupervisorBehaviour(ref, readSpec(ref.captured[0])) : undefined;
  } catch (error) {
    if (error instanceof SeqNodeError) return undefined;
    throw error;
  }
}

/** Throws `bad-message` for a specification that is none. */
export function checkSupervisor({ captured: [spec] }: BehaviourRef): void {
  readSpec(spec);
}

const form = (tag: string, field?: readonly [name: string, type: string]) => ({
  tag,
  fields: field === undefined ? [] : [{ name: field[0], type: field[1] }],
});
const ID = ['id', 'String'] as const;

/** What clients and other actors may ask. */
const REQUESTS: MessageType = {
  name: 'SupervisorMsg',
  variants: [
    form('Children'),
    form('Count'),
    form('Spec', ID),
    form('Add', ['child', 'Map']),
    form('Configure', ['supervisor', 'Map']),
    form('Instance', ID),
    form('Remove', ID),
    form('Restart', ID),
    form('Terminate', ID),
    form('Delete', ID),
  ],
  nested: [],
};

/** About how many reductions a turn takes; it has no loop that its message could make long. */
const TURN_REDUCTIONS = 1000;

class SupervisorBehaviour implements Behaviour {
  readonly ref: BehaviourRef;
  readonly messageType = REQUESTS;
  readonly #spec: SupervisorSpec;
  reductionsLeft = 0;

  constructor(ref: BehaviourRef, spec: SupervisorSpec) {
    this.ref = ref;
    this.#spec = spec;
  }

  fieldNames(): undefined {}

  /** Of what clients and other actors send: reports come another way, so that nobody can make them up. */
  problemOf(message: Data): string | undefined {
    return requestOf(message) === undefined
      ? 'A supervisor takes Children, Count, (Spec Id), (Add Child), (Configure Supervisor), (Instance Id), (Remove Id), (Restart Id), (Terminate Id) and (Delete Id).'
      : undefined;
  }

  run(state: SeqMap, message: Data, host: TurnHost, budgetReductions: number): SeqMap | TurnEnd {
    this.reductionsLeft = Math.max(0, budgetReductions - TURN_REDUCTIONS);
    try {
      return this.#handle(state, message, host as SupervisorHost);
    } catch (error) {
      if (!(error instanceof SeqNodeError || error instanceof InvariantError)) throw error;
      const code = error instanceof SeqNodeError ? error.code : 'internal';
      return { kind: 'fault', code, message: error.message, trace: [] };
    }
  }

  start(state: SeqMap, message: Data, host: TurnHost, budgetReductions: number): TurnRun {
    return {
      resume: () => {
        const ran = this.run(state, message, host, budgetReductions);
        return 'kind' in ran ? ran : { kind: 'done', state: ran };
      },
    };
  }

  #handle(state: SeqMap, data: Data, host: SupervisorHost): SeqMap {
    const seed = [host.random(), host.random(), host.random()].map((part) => Math.floor(part * 2 ** 32));
    const asker = host.asker();
    const from = asker ?? `client:${seed.join('.')}`;
    const message = this.#message(data, from);
    const decision = decide(state, message, {
      self: host.self() as ActorPath,
      wall: host.nowMillis(),
      seed: seed as [number, number, number],
    });
    // Nothing is to be started where it goes on after a fault of its own.
    const goesOn = message.kind === 'begin' && (state.get('phase') as Sym | undefined)?.name === 'running';
    if (goesOn) host.ready();
    let replied = false;
    for (const order of decision.orders) {
      if (order.kind === 'reply' && order.to === from) {
        replied = true;
        host.reply(replyData(order.outcome));
      } else carryOut(order, host);
    }
    if (message.kind === 'request' && !replied) {
      if (asker === undefined) host.reply(takenData(message.request, host.self() as ActorPath));
      else host.defer();
    }
    return decision.state;
  }

  #message(data: Data, from: string): SupervisorMessage {
    const request = requestOf(data);
    if (request !== undefined) return { kind: 'request', from, request };
    return reportOf(data) ?? { kind: 'begin', spec: this.#spec };
  }
}

function carryOut(order: SupervisorOrder, host: SupervisorHost): void {
  switch (order.kind) {
    case 'start': {
      const { child, life, program, mode, state } = order;
      const code = codeOfProgram(program);
      return host.order(order.path, {
        kind: 'start-child',
        child,
        life,
        code,
        mode,
        fresh: state === 'fresh',
      });
    }
    case 'stop': {
      const { child, life, how } = order;
      return host.order(order.path, { kind: 'stop-child', child, life, kill: how === 'kill' });
    }
    case 'let-go':
      return host.order(order.path, { kind: 'let-go', child: order.child, life: order.life });
    case 'ready':
      return host.ready();
    case 'end':
      return host.end(order);
    case 'reply':
      return order.to.startsWith('client:')
        ? undefined
        : host.answer(order.to, { answered: replyData(order.outcome) });
    case 'arm':
      return host.arm(timerId(order.timer), dueData(order.timer), order.dueMs - host.nowMillis());
    case 'disarm':
      return host.disarm(timerId(order.timer));
  }
}

/** What a client is answered whose request takes its time: as if it went well. */
function takenData(request: Request, self: ActorPath): Data {
  if (request.op === 'add') return request.spec.path ?? childPath(self, request.spec.id);
  return request.op === 'add-instance' && request.id !== undefined ? childPath(self, request.id) : true;
}

/** Lives have numbers of their own. */
const timerId = ({ purpose, life }: SupervisorTimer): string => `${purpose}-${life}`;

const dueData = ({ purpose, child, life }: SupervisorTimer): Variant =>
  new Variant<Data>('Due', [purpose, child, life]);

const replyData = (outcome: RequestOutcome): Data =>
  'ok' in outcome ? outcome.ok : new Variant<Data>('Refused', [outcome.refused, outcome.message]);

/** What clients and other actors may ask of a supervisor; undefined for anything else. */
function requestOf(message: Data): Request | undefined {
  if (!(message instanceof Variant)) return undefined;
  const { tag, fields } = message;
  const [first] = fields;
  if (fields.length === 0 && (tag === 'Children' || tag === 'Count'))
    return { op: tag === 'Children' ? 'children' : 'count' };
  if (fields.length !== 1) return undefined;
  if (tag === 'Add' || tag === 'Configure') {
    try {
      return tag === 'Add'
        ? { op: 'add', spec: readChild(first) }
        : { op: 'configure', supervisor: readSpec(first) };
    } catch (error) {
      if (error instanceof SeqNodeError) return undefined;
      throw error;
    }
  }
  if (tag === 'Instance' && typeof first === 'string') return { op: 'add-instance', id: first, args: [] };
  const op = CHILD_REQUESTS[tag];
  return op !== undefined && typeof first === 'string' ? { op, child: first } : undefined;
}

const CHILD_REQUESTS: Readonly<
  Record<string, 'spec' | 'restart' | 'terminate' | 'delete' | 'remove' | undefined>
> = { Spec: 'spec', Restart: 'restart', Terminate: 'terminate', Delete: 'delete', Remove: 'remove' };

export const STOP_SUPERVISOR: Data = new Variant<Data>('Stop', []);
export const OPERATOR_STOPS_SUPERVISOR: Data = new Variant<Data>('Stop', [BY_OPERATOR]);
export const KILL_SUPERVISOR: Data = new Variant<Data>('Kill', []);

/** Undefined for the message to begin. */
function reportOf(message: Data): Exclude<SupervisorMessage, { kind: 'begin' }> | undefined {
  const { tag, fields } = message as Variant;
  const [child, life, reason] = fields as [string, number, string];
  switch (tag) {
    case 'Started':
      return { kind: 'started', child, life };
    case 'StartFailed':
      return { kind: 'start-failed', child, life, reason };
    case 'Terminated':
      return { kind: 'terminated', child, life, reason };
    case 'Due': {
      const [purpose, of, at] = fields as [SupervisorTimer['purpose'], string, number];
      return { kind: 'due', purpose, child: of, life: at };
    }
    case 'Resumed':
      return { kind: 'resumed', child, life };
    case 'Stop':
      return { kind: 'stop', byOperator: fields[0] === BY_OPERATOR };
    case 'Kill':
      return { kind: 'kill' };
    default:
      return undefined;
  }
}
