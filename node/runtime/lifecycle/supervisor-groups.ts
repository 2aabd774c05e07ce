// Starts and stops of children: of one, and of a group in order, for the start, the restart and the end of a
// supervisor.
import {
  type ChildLife,
  isAbnormal,
  type RequestOutcome,
  type SupervisorOrder,
  type SupervisorTimer,
} from './supervisor-message.ts';
import type { ChildSpec } from './supervisor-spec.ts';
import type { Child, Ending, SupervisorState, Task } from './supervisor-state.ts';

export class SupervisorGroups {
  readonly #state: SupervisorState;
  readonly #wall: number;
  readonly #orders: SupervisorOrder[];

  constructor(state: SupervisorState, wall: number, orders: SupervisorOrder[]) {
    this.#state = state;
    this.#wall = wall;
    this.#orders = orders;
  }

  reply(to: string, outcome: RequestOutcome): void {
    this.#orders.push({ kind: 'reply', to, outcome });
  }

  // ── One child ──

  /** Makes the child known, as the last in the order of starts. */
  enter(spec: ChildSpec): Child {
    const state = this.#state;
    const order = state.added++;
    const idle = { life: 0, since: 0, attempt: 0, held: false, task: undefined };
    return state.put({ spec, order, status: 'stopped', ...idle });
  }

  start(child: Child, task: Task): void {
    const state = this.#state;
    const { id: name, program, mode, state: begins } = child.spec;
    const life = ++state.lives;
    state.put({ ...child, life, status: 'starting', task });
    this.#orders.push({
      kind: 'start',
      child: name,
      life,
      path: state.pathOf(child.spec),
      program,
      mode,
      state: begins,
      restart: child.life > 0,
    });
  }

  stop(child: Child, task: Task): void {
    const { spec, life } = child;
    const { shutdown } = spec;
    this.#state.put({ ...child, status: 'stopping', task });
    this.#orderStop(child, shutdown === 'brutal-kill' ? 'kill' : 'shutdown');
    if (typeof shutdown === 'number')
      this.#arm({ purpose: 'kill', child: spec.id, life }, this.#wall + shutdown);
  }

  timeToStopIsUp(timer: ChildLife): void {
    const child = this.#state.child(timer.child);
    if (child?.status === 'stopping' && child.life === timer.life) this.#orderStop(child, 'kill');
  }

  /** It stopped as it was told to, or ended otherwise while it was about to. */
  stopped(child: Child, reason: string): void {
    const { spec, life, task } = child;
    const ended: Child = { ...child, status: 'stopped', held: isAbnormal(reason), task: undefined };
    if (typeof spec.shutdown === 'number') this.#disarm({ purpose: 'kill', child: spec.id, life });
    if (task !== undefined && 'from' in task) {
      this.leaveStopped(ended);
      if (task.kind === 'remove') this.#state.remove(spec.id);
      this.reply(task.from, { ok: true });
    } else this.#state.put(ended);
    if (this.#state.group !== undefined) this.step();
  }

  /** Not to be started again, for now: of a temporary or dynamic child nothing is kept. */
  leaveStopped(child: Child): void {
    const state = this.#state;
    const { spec, life } = child;
    if (child.status === 'restarting') this.#disarm({ purpose: 'restart', child: spec.id, life });
    if (child.held) this.#orders.push({ kind: 'let-go', child: spec.id, life, path: state.pathOf(spec) });
    const isDynamic = state.template !== undefined && state.phase !== 'stopping';
    if (spec.restart === 'temporary' || isDynamic) state.remove(spec.id);
    else state.put({ ...child, status: 'stopped', held: false, task: undefined });
  }

  /** `child` is restarted after that time. */
  waitForBackOff(child: Child, waitMs: number): void {
    const restartsAt = this.#wall + waitMs;
    this.#state.put({ ...child, status: 'restarting', restartsAt });
    this.#arm({ purpose: 'restart', child: child.spec.id, life: child.life }, restartsAt);
  }

  /** The child as one to be started now. */
  endBackOff(child: Child): Child {
    this.#disarm({ purpose: 'restart', child: child.spec.id, life: child.life });
    return { ...child, status: 'stopped' };
  }

  // ── Groups ──

  /** Stops the children that the end of `culprit` concerns, then starts them with it. */
  restart(culprit: Child, waitMs: number): void {
    const state = this.#state;
    const all = state.flags.strategy === 'one-for-all';
    const group = state.children().filter(({ order }) => all || order >= culprit.order);
    const ids = group.map(({ spec }) => spec.id);
    state.put(culprit);
    state.group = { stop: ids, start: ids, culprit: culprit.spec.id, waitMs };
    this.#takeEndsInInbox();
    this.step();
  }

  /** Whether the child is in the part of a group that is to be stopped, or is being so. */
  isToStop({ spec }: Child): boolean {
    return this.#state.group?.stop.includes(spec.id) === true;
  }

  /** It ended before the order to stop it was there; what it ended of does not matter any more. */
  endedMeanwhile(child: Child, reason: string): void {
    this.#state.put({ ...child, status: 'stopped', held: isAbnormal(reason) });
    this.step();
  }

  beginStopping(ending: Ending): void {
    const state = this.#state;
    const children = state.children();
    state.phase = 'stopping';
    state.ending = ending;
    state.group = { stop: children.map(({ spec }) => spec.id), start: [], culprit: undefined, waitMs: 0 };
    this.#takeEndsInInbox();
    // Dynamic children, of which there can be many, stop side by side.
    if (state.template !== undefined)
      for (const { spec } of children) {
        const child = state.child(spec.id);
        if (child?.status === 'running') this.stop(child, { kind: 'group' });
      }
    this.step();
  }

  /** The ends of children that are to be stopped anyway. */
  #takeEndsInInbox(): void {
    const state = this.#state;
    const stop = new Set(state.group?.stop);
    state.inbox = state.inbox.filter((message) => {
      if (message.kind !== 'terminated' || !stop.has(message.child)) return true;
      const child = state.child(message.child);
      if (child?.life === message.life && child.status === 'running')
        state.put({ ...child, status: 'stopped', held: isAbnormal(message.reason) });
      return false;
    });
  }

  /** Goes on with the group, as far as no answer is to be waited for. There must be one. */
  step(): void {
    const state = this.#state;
    const group = state.group!;
    while (group.stop.length > 0) {
      const child = state.child(group.stop.at(-1)!);
      if (child?.status === 'running') return this.stop(child, { kind: 'group' });
      if (child?.status === 'starting' || child?.status === 'stopping') return;
      group.stop = group.stop.slice(0, -1);
      if (child !== undefined) this.#settle(child);
    }
    if (state.phase === 'stopping') return this.#end();
    const culprit = group.culprit === undefined ? undefined : state.child(group.culprit);
    if (culprit !== undefined && group.waitMs > 0) {
      this.giveUp(culprit.spec.id);
      return this.waitForBackOff(culprit, group.waitMs);
    }
    while (group.start.length > 0) {
      const child = state.child(group.start[0]!);
      if (child?.status === 'starting') return;
      if (child !== undefined && child.status !== 'running') return this.start(child, { kind: 'group' });
      group.start = group.start.slice(1);
    }
    state.group = undefined;
    if (state.phase === 'starting') this.#orders.push({ kind: 'ready' });
    state.phase = 'running';
  }

  /** Ends the group before its children are started: once `restarting` is restarted, they are so with it. */
  giveUp(restarting: string): void {
    const state = this.#state;
    for (const id of state.group!.start) {
      const child = state.child(id);
      if (child?.held && child.status === 'stopped' && id !== restarting) this.leaveStopped(child);
    }
    state.group = undefined;
  }

  /** The child does not run, and its turn to be stopped has come. */
  #settle(child: Child): void {
    const isToStart = this.#state.phase !== 'stopping' && child.spec.restart !== 'temporary';
    if (!isToStart) return this.leaveStopped(child);
    if (child.status === 'restarting')
      this.#disarm({ purpose: 'restart', child: child.spec.id, life: child.life });
    this.#state.put({ ...child, status: 'stopped' });
  }

  // ── The end ──

  /** Ends at once, without waiting for the children that are to end with it. */
  kill(): void {
    const state = this.#state;
    for (const child of state.children().reverse()) {
      if (child.status === 'starting' || child.status === 'running' || child.status === 'stopping')
        this.#orderStop(child, 'kill');
      state.phase = 'stopping';
      this.leaveStopped(child);
    }
    state.ending ??= { lifecycle: 'stopped', reason: 'killed' };
    this.#end();
  }

  #end(): void {
    const state = this.#state;
    state.phase = 'ended';
    state.group = undefined;
    this.#orders.push({ kind: 'end', ...state.ending! });
  }

  // ── Orders ──

  #orderStop({ spec, life }: Child, how: 'shutdown' | 'kill'): void {
    this.#orders.push({ kind: 'stop', child: spec.id, life, path: this.#state.pathOf(spec), how });
  }

  #arm(timer: SupervisorTimer, dueMs: number): void {
    this.#orders.push({ kind: 'arm', timer, dueMs });
  }

  #disarm(timer: SupervisorTimer): void {
    this.#orders.push({ kind: 'disarm', timer });
  }
}
