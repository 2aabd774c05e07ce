// A world for supervisors under test: children that carry out orders and answer them, each in its own order,
// and timers.
import { decodeData, encodeData } from '../../../base/codec.ts';
import type { ActorPath } from '../../../base/ids.ts';
import { type Data, SeqMap, sym } from '../../../base/value.ts';
import { decide } from '../supervisor.ts';
import type {
  Deferrable,
  Request,
  RequestOutcome,
  SupervisorMessage,
  SupervisorOrder,
  SupervisorTimer,
} from '../supervisor-message.ts';
import { type ChildSpec, childSpec, type SupervisorFlags, supervisorSpec } from '../supervisor-spec.ts';

export const SELF = '/user/sup' as ActorPath;
const MODULE = 'ab'.repeat(32) as never;

/** A child with a program of its name. */
export const child = (id: string, given: Partial<ChildSpec> = {}): ChildSpec =>
  childSpec({ id, program: { code: { module: MODULE, target: { word: id }, captured: [] } }, ...given });

type ChildOrder = Extract<SupervisorOrder, { kind: 'start' | 'stop' | 'let-go' }>;
type Answer = Extract<SupervisorMessage, { kind: 'started' | 'start-failed' | 'terminated' | 'resumed' }>;

interface Line {
  readonly orders: ChildOrder[];
  readonly answers: Answer[];
  life: number;
  alive: boolean;
  /** It faulted, and the supervisor has not said what is to become of it. */
  held: boolean;
}

export class SupervisedWorld {
  state = SeqMap.empty as SeqMap;
  wall = 1_000_000;
  seed: [number, number, number] = [1, 2, 3];
  /** Why a life of a child does not start. */
  fails: (child: string, life: number) => string | undefined = () => undefined;
  /** Whether a life of a child stops only when it is killed. */
  isStubborn: (child: string, life: number) => boolean = () => false;
  readonly lines = new Map<string, Line>();
  readonly timers = new Map<string, { readonly timer: SupervisorTimer; readonly dueMs: number }>();
  readonly replies = new Map<string, RequestOutcome>();
  /** Orders to children, `ready` and `end`, in the order in which they were given. */
  readonly orders: SupervisorOrder[] = [];

  begin(flags: Partial<SupervisorFlags>, ...children: ChildSpec[]): this {
    this.give({ kind: 'begin', spec: supervisorSpec({ ...flags, children }) });
    return this.settle();
  }

  /** What was handled. */
  give(message: SupervisorMessage): readonly Deferrable[] {
    const inputs = { self: SELF, wall: this.wall, seed: this.seed };
    const { state, orders, handled } = decide(this.state, message, inputs);
    this.state = state;
    for (const order of orders) this.#carryOut(order);
    return handled;
  }

  #carryOut(order: SupervisorOrder): void {
    switch (order.kind) {
      case 'arm':
        this.timers.set(JSON.stringify(order.timer), order);
        return;
      case 'disarm':
        this.timers.delete(JSON.stringify(order.timer));
        return;
      case 'reply':
        if (this.replies.has(order.to)) throw new Error(`${order.to} was answered twice`);
        this.replies.set(order.to, order.outcome);
        return;
      default:
        this.orders.push(order);
        if ('child' in order) this.line(order.child).orders.push(order);
    }
  }

  line(id: string): Line {
    let line = this.lines.get(id);
    if (line === undefined) {
      line = { orders: [], answers: [], life: 0, alive: false, held: false };
      this.lines.set(id, line);
    }
    return line;
  }

  /** The child carries out the next order to it. */
  carryOutNext(id: string): void {
    const line = this.line(id);
    const order = line.orders.shift()!;
    const { kind, child: name, life } = order;
    if (kind === 'start') {
      if (life < line.life) return;
      const reason = this.fails(name, life);
      line.held &&= reason !== undefined;
      if (line.life < life) line.alive = reason === undefined;
      line.life = life;
      line.answers.push(
        reason === undefined
          ? { kind: 'started', child: name, life }
          : { kind: 'start-failed', child: name, life, reason },
      );
    } else if (life === line.life) {
      line.held = false;
      if (kind === 'let-go' || (order.how !== 'kill' && line.alive && this.isStubborn(name, life))) return;
      line.alive = false;
      line.answers.push({ kind: 'terminated', child: name, life, reason: 'shutdown' });
    }
  }

  /** The child ends by itself. */
  crash(id: string, reason: string): void {
    const line = this.line(id);
    if (!line.alive) throw new Error(`${id} does not run`);
    line.alive = false;
    line.held = !/^(normal|shutdown|operator)\b/.test(reason);
    line.answers.push({ kind: 'terminated', child: id, life: line.life, reason });
  }

  /** An operator resumes the child, which does not run. */
  resume(id: string): void {
    const line = this.line(id);
    line.held = false;
    line.answers.push({ kind: 'resumed', child: id, life: line.life });
  }

  /** Until nothing is on its way. Timers do not move. */
  settle(): this {
    for (let moved = true; moved; ) {
      moved = false;
      for (const [id, { orders, answers }] of this.lines) {
        if (orders.length > 0) this.carryOutNext(id);
        else if (answers.length > 0) this.give(answers.shift()!);
        else continue;
        moved = true;
      }
    }
    return this;
  }

  /** The child ends, and everything comes to rest. */
  ends(id: string, reason = 'fault'): this {
    this.crash(id, reason);
    return this.settle();
  }

  pass(ms: number): this {
    this.wall += ms;
    for (const [name, { timer, dueMs }] of this.timers)
      if (dueMs <= this.wall) {
        this.timers.delete(name);
        this.give({ kind: 'due', ...timer });
      }
    return this.settle();
  }

  ask(request: Request): RequestOutcome {
    const from = `ask ${this.replies.size}`;
    this.give({ kind: 'request', from, request });
    this.settle();
    const outcome = this.replies.get(from);
    if (outcome === undefined) throw new Error(`${request.op} was not answered`);
    return outcome;
  }

  /** `ok`, or why it was refused. */
  asked(request: Request): string {
    const outcome = this.ask(request);
    return 'ok' in outcome ? 'ok' : outcome.refused;
  }

  /** Another process goes on with what was journaled. */
  failover(): this {
    this.state = decodeData(encodeData(this.state)) as SeqMap;
    return this;
  }

  /** The newest orders since the last call, such as `start a` and `stop a`. */
  took(): string[] {
    return this.orders.splice(0).map((order) => {
      if (order.kind === 'stop') return `${order.how === 'kill' ? 'kill' : 'stop'} ${order.child}`;
      if (order.kind === 'end') return `end ${order.lifecycle} ${order.reason}`;
      if (order.kind === 'start') return `${order.restart ? 'restart' : 'start'} ${order.child}`;
      return order.kind === 'let-go' ? `let go ${order.child}` : order.kind;
    });
  }

  /** The children and how they are, in the order of their starts. */
  children(): string[] {
    const outcome = this.ask({ op: 'children' }) as { readonly ok: Iterable<SeqMap> };
    return [...outcome.ok].map((row) => `${row.get('id')} ${(row.get('status') as { name: string }).name}`);
  }

  get phase(): string {
    for (const phase of ['starting', 'running', 'stopping', 'ended'])
      if (this.state.get('phase') === sym(phase)) return phase;
    return 'none';
  }

  get restarted(): Data | undefined {
    return this.state.get('restarted');
  }
}
