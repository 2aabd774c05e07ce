// A supervisor: an actor whose behaviour is this pure function instead of a program. The rules are those of
// OTP's supervisor
// (https://www.erlang.org/doc/apps/stdlib/supervisor.html, lib/stdlib/src/supervisor.erl), which waits for each start and stop.
// Here an order is sent, and its answer is a message of its own; what must not be done before it is kept in
// the inbox.
//
// Invariants
//  S1  A child is started or stopped only when the answer to the order before is here. An answer of another
//      life changes nothing.
//  S2  While a group of children is stopped and started, nothing else begins. Otherwise children do not wait
//      for each other.
//  S3  What waits in the inbox concerns a child with an order on its way, or waits for the end of a group.
//  S4  Every restart is counted before it is ordered, once, and the count is part of the state.
//  S5  A request is answered once.
import type { ActorPath } from '../../base/ids.ts';
import { SeededRandom } from '../../base/random.ts';
import type { SeqMap } from '../../base/value.ts';
import { addRestart } from './restart-intensity.ts';
import { SupervisorGroups } from './supervisor-groups.ts';
import {
  BY_OPERATOR,
  type ChildLife,
  type Deferrable,
  isAbnormal,
  type SupervisorMessage,
  type SupervisorOrder,
} from './supervisor-message.ts';
import { SupervisorRequests } from './supervisor-requests.ts';
import { type SupervisorSpec, specProblem } from './supervisor-spec.ts';
import { type Child, SupervisorState } from './supervisor-state.ts';

/** What a turn of a supervisor is given beside the message, recorded with it. */
export interface SupervisorInputs {
  readonly self: ActorPath;
  /** Wall time of the group, milliseconds since 1970. */
  readonly wall: number;
  readonly seed: readonly [number, number, number];
}

export interface Decision {
  readonly state: SeqMap;
  /** To be carried out in order, as part of the same log entry as the state. */
  readonly orders: readonly SupervisorOrder[];
  /** What was handled now, in order, of this message and those that had waited. */
  readonly handled: readonly Deferrable[];
}

/** One turn of a supervisor. `state` is empty before its first message. */
export function decide(state: SeqMap, message: SupervisorMessage, inputs: SupervisorInputs): Decision {
  if (message.kind === 'begin') return begin(state, message.spec, inputs);
  if (state.size === 0) return { state, orders: [], handled: [] };
  const supervision = new Supervision(SupervisorState.read(state), inputs);
  supervision.handle(message);
  return supervision.decision();
}

function begin(map: SeqMap, spec: SupervisorSpec, inputs: SupervisorInputs): Decision {
  const problem = specProblem(spec);
  if (map.size === 0 && problem !== undefined) return ended(map, `shutdown: ${problem}`);
  const isSimple = spec.strategy === 'simple-one-for-one';
  const { children, ...flags } = spec;
  const state =
    map.size === 0
      ? new SupervisorState(inputs.self, flags, isSimple ? children[0] : undefined)
      : SupervisorState.read(map);
  // A repeat.
  if (map.size > 0 && state.phase !== 'ended') return { state: map, orders: [], handled: [] };
  const supervision = new Supervision(state, inputs);
  if (map.size === 0 && !isSimple) for (const child of children) supervision.enter(child);
  supervision.startAll();
  return supervision.decision();
}

function ended(state: SeqMap, reason: string): Decision {
  return { state, orders: [{ kind: 'end', lifecycle: 'failed', reason }], handled: [] };
}

const isRestarted = ({ spec: { restart } }: Child, reason: string): boolean =>
  reason !== BY_OPERATOR && (restart === 'permanent' || (restart === 'transient' && isAbnormal(reason)));

class Supervision {
  readonly #state: SupervisorState;
  readonly #inputs: SupervisorInputs;
  readonly #orders: SupervisorOrder[] = [];
  readonly #handled: Deferrable[] = [];
  readonly #groups: SupervisorGroups;
  readonly #requests: SupervisorRequests;
  #random: SeededRandom | undefined;

  constructor(state: SupervisorState, inputs: SupervisorInputs) {
    this.#state = state;
    this.#inputs = inputs;
    this.#groups = new SupervisorGroups(state, inputs.wall, this.#orders);
    this.#requests = new SupervisorRequests(state, this.#groups);
  }

  decision(): Decision {
    return { state: this.#state.toMap(), orders: this.#orders, handled: this.#handled };
  }

  enter(spec: SupervisorSpec['children'][number]): void {
    this.#groups.enter(spec);
  }

  /** The first start, or that after a restart of the supervisor itself. */
  startAll(): void {
    const state = this.#state;
    state.phase = 'starting';
    state.restarts = [];
    state.ending = undefined;
    const start = state.children().map(({ spec }) => spec.id);
    state.group = { stop: [], start, culprit: undefined, waitMs: 0 };
    this.#groups.step();
  }

  handle(message: Exclude<SupervisorMessage, { kind: 'begin' }>): void {
    const state = this.#state;
    switch (message.kind) {
      case 'started':
        this.#started(message);
        break;
      case 'start-failed':
        this.#startFailed(message, message.reason);
        break;
      case 'kill':
        if (state.phase !== 'ended') this.#groups.kill();
        break;
      case 'terminated':
        this.#terminated(message, message.reason);
        break;
      case 'due':
        if (message.purpose === 'kill') this.#groups.timeToStopIsUp(message);
        else this.#process(message);
        break;
      default:
        this.#process(message);
    }
    this.#drain();
  }

  // ── What waits ──

  #drain(): void {
    const state = this.#state;
    for (let at = 0; at < state.inbox.length; ) {
      const message = state.inbox[at]!;
      if (this.#mustWait(message)) at++;
      else {
        state.inbox.splice(at, 1);
        this.#process(message);
        // It may have begun a group, or ended one.
        at = 0;
      }
    }
  }

  /** S2, S3 */
  #mustWait(message: Deferrable): boolean {
    const { phase, group } = this.#state;
    if (phase === 'stopping' || phase === 'ended') return false;
    if (message.kind === 'request' && this.#requests.onlyReads(message.request)) return false;
    if (group !== undefined) return true;
    if (message.kind === 'stop') return false;
    const id = message.kind === 'request' ? this.#requests.childOf(message.request) : message.child;
    const child = id === undefined ? undefined : this.#state.child(id);
    if (child?.status === 'starting' || child?.status === 'stopping') return true;
    return message.kind === 'terminated' && this.#mayBeLast(message);
  }

  /**
   * Whether a significant child ended for good while one that is asked for may be the only other: whether it
   * starts decides whether the supervisor ends.
   */
  #mayBeLast({ child: id, life, reason }: ChildLife & { readonly reason: string }): boolean {
    if (this.#state.flags.autoShutdown !== 'all-significant') return false;
    const child = this.#live({ child: id, life });
    if (child === undefined || !child.spec.significant) return false;
    if (reason === BY_OPERATOR || isRestarted(child, reason)) return false;
    return this.#state
      .children()
      .some(
        ({ spec, status, task }) => spec.significant && status === 'starting' && task?.kind !== 'restart',
      );
  }

  #process(message: Deferrable): void {
    if (this.#mustWait(message)) {
      this.#state.inbox.push(message);
      return;
    }
    this.#handled.push(message);
    const running = this.#state.phase === 'running';
    switch (message.kind) {
      case 'terminated': {
        const child = this.#live(message);
        if (running && child?.status === 'running') this.#ended(child, message.reason);
        break;
      }
      case 'retry': {
        const child = this.#live(message);
        if (running && child?.status === 'restarting') this.#restart({ ...child, status: 'stopped' });
        break;
      }
      case 'due': {
        const child = this.#live(message);
        if (running && child?.status === 'restarting') this.#startAgain({ ...child, status: 'stopped' }, 0);
        break;
      }
      case 'resumed': {
        const child = this.#live(message);
        if (running && child?.status === 'stopped') this.#groups.start(child, { kind: 'resume' });
        if (running && child?.status === 'restarting') this.#startAgain(this.#groups.endBackOff(child), 0);
        break;
      }
      case 'stop': {
        const reason = message.byOperator ? BY_OPERATOR : 'shutdown';
        if (running) this.#groups.beginStopping({ lifecycle: 'stopped', reason });
        break;
      }
      case 'request':
        this.#requests.handle(message.from, message.request);
    }
  }

  // ── Answers ──

  /** S1 */
  #live({ child: id, life }: ChildLife): Child | undefined {
    const child = this.#state.child(id);
    return child?.life === life ? child : undefined;
  }

  #started(life: ChildLife): void {
    const child = this.#live(life);
    if (child?.status !== 'starting') return;
    const { task } = child;
    const since = this.#inputs.wall;
    this.#state.put({ ...child, status: 'running', since, held: false, task: undefined });
    if (task !== undefined && 'from' in task)
      this.#groups.reply(task.from, { ok: this.#state.pathOf(child.spec) });
    if (this.#state.group !== undefined) this.#groups.step();
  }

  #startFailed(life: ChildLife, reason: string): void {
    const state = this.#state;
    const child = this.#live(life);
    if (child?.status !== 'starting') return;
    const { task, spec } = child;
    if (task !== undefined && 'from' in task)
      this.#groups.reply(task.from, {
        refused: 'start-failed',
        message: `The child ${spec.id} did not start: ${reason}`,
      });
    if (task?.kind === 'add') state.remove(spec.id);
    else state.put({ ...child, status: 'stopped', task: undefined });
    if (state.phase === 'starting') {
      const why = `shutdown: the child ${spec.id} did not start: ${reason}`;
      return this.#groups.beginStopping({ lifecycle: 'failed', reason: why });
    }
    if (state.phase === 'stopping') return this.#groups.step();
    if (task?.kind === 'group') this.#groups.giveUp(spec.id);
    // A group may have begun meanwhile, and waits for it.
    else if (state.group !== undefined) this.#groups.step();
    if (task?.kind !== 'group' && task?.kind !== 'restart') return;
    // As OTP does: messages that are here already come first, and may change what is to be done.
    state.put({ ...child, status: 'restarting', task: undefined, restartsAt: undefined });
    state.inbox.push({ kind: 'retry', child: spec.id, life: child.life });
  }

  #terminated(life: ChildLife, reason: string): void {
    const child = this.#live(life);
    if (child === undefined) return;
    // It can end before the news of its start is here.
    if (child.status === 'starting') {
      this.#started(life);
      this.#terminated(life, reason);
    } else if (child.status === 'stopping') this.#groups.stopped(child, reason);
    else if (child.status === 'running' && this.#groups.isToStop(child))
      this.#groups.endedMeanwhile(child, reason);
    else if (child.status === 'running') this.#process({ kind: 'terminated', ...life, reason });
  }

  // ── Ends and restarts ──

  #ended(child: Child, reason: string): void {
    const { periodMs } = this.#state.flags;
    const abnormal = isAbnormal(reason);
    const ranLong = this.#inputs.wall - child.since >= periodMs;
    const ended: Child = { ...child, held: abnormal, attempt: ranLong ? 0 : child.attempt };
    if (reason === BY_OPERATOR) this.#groups.leaveStopped(ended);
    else if (isRestarted(child, reason)) this.#restart(ended);
    else {
      this.#groups.leaveStopped(ended);
      this.#autoShutdown(ended);
    }
  }

  #autoShutdown({ spec }: Child): void {
    const state = this.#state;
    const { autoShutdown } = state.flags;
    if (autoShutdown === 'never' || !spec.significant) return;
    // One that is being stopped by a request does not count.
    const active = ({ spec, status }: Child) =>
      spec.significant && status !== 'stopped' && status !== 'stopping';
    if (autoShutdown === 'any-significant' || !state.children().some(active))
      this.#groups.beginStopping({ lifecycle: 'stopped', reason: 'shutdown' });
  }

  /** S4 */
  #restart(child: Child): void {
    const state = this.#state;
    const { intensity, periodMs } = state.flags;
    const limit = { restarts: intensity, periodMs };
    const { history, exceeded } = addRestart(state.restarts, this.#inputs.wall, limit);
    state.restarts = history;
    if (exceeded) {
      state.put({ ...child, status: 'stopped' });
      return this.#groups.beginStopping({ lifecycle: 'failed', reason: 'shutdown' });
    }
    state.restarted++;
    const counted: Child = { ...child, status: 'stopped', attempt: child.attempt + 1 };
    this.#startAgain(counted, this.#backOff(counted.attempt));
  }

  #startAgain(child: Child, waitMs: number): void {
    const { strategy } = this.#state.flags;
    if (strategy === 'one-for-all' || strategy === 'rest-for-one') this.#groups.restart(child, waitMs);
    else if (waitMs > 0) this.#groups.waitForBackOff(child, waitMs);
    else this.#groups.start(child, { kind: 'restart' });
  }

  /**
   * Doubled for each restart in a row, and half of it by chance, so that children of many supervisors do not
   * restart together.
   */
  #backOff(attempt: number): number {
    const { minMs, maxMs } = this.#state.flags.backOff;
    if (maxMs === 0) return 0;
    const longest = Math.min(maxMs, minMs * 2 ** Math.min(attempt - 1, 50));
    this.#random ??= new SeededRandom(this.#inputs.seed);
    return Math.ceil(longest / 2 + (this.#random.fraction() * longest) / 2);
  }
}
