// A client of a supervisor with a supervisor below it, and one of dynamic children. It does one thing after
// another, so that OTP's algorithm, which is carried out beside, says what each of them counts and has.
//
// V1 each supervisor counts as many restarts, and has as many running children, as OTP's would.
// V2 a supervisor that has to restart too often ends, and its own starts it again, once.
// V3 each start of a child is one record of its journal.

import { decodeData } from '../node/base/codec.ts';
import type { ActorPath } from '../node/base/ids.ts';
import { parsePath } from '../node/base/path.ts';
import { type SeqMap, Variant } from '../node/base/value.ts';
import type { Inspected } from '../node/core/requests/results.ts';
import { supervisorCode } from '../node/runtime/lifecycle/supervisor-behaviour.ts';
import { childSpec, supervisorSpec } from '../node/runtime/lifecycle/supervisor-spec.ts';
import { supervisorView } from '../node/runtime/lifecycle/supervisor-view.ts';
import { type ModelEvent, OtpModel } from '../node/runtime/lifecycle/testing/otp-model.ts';
import { pick } from './chance.ts';
import type { ActorJournal } from './history-checker.ts';
import { MORTAL_WORD } from './mortal-program.ts';
import { PacedWorkload } from './paced-workload.ts';
import { demand } from './violation.ts';

const TOP = parsePath('/supervised/tree');
const INNER = parsePath(`${TOP}/in`);
const POOL = parsePath(`${TOP}/pool`);
/** Longer than a run: no restart is forgotten. */
const PERIOD_MS = 1_000_000_000;
const INSTANCES_MAX = 3;
const THINK = 500_000;
const LOOK = 300_000;
const NEVER = () => false;

interface Supervised {
  readonly path: ActorPath;
  model: OtpModel;
  /** Restarts of the lives before the one of the model. */
  before: number;
  /** As many as it was seen to have counted: it forgets none. */
  seen: number;
}

export class SupervisedTreeWorkload extends PacedWorkload {
  readonly unsettled = 'a supervision tree is not as OTP would have it';
  protected readonly pause = THINK;
  /** Starts of each child, by its path. */
  readonly #starts = new Map<ActorPath, number>();
  #supervised!: Record<'top' | 'inner' | 'pool', Supervised>;
  #escalations = 0;
  #settled = false;
  #nextId = 1;

  /** Starts the tree; to be called on a cluster that is whole and has the program. */
  prepare(): void {
    const code = { module: this.module, target: { word: MORTAL_WORD }, captured: [] };
    const limits = { periodMs: PERIOD_MS, intensity: 100_000 };
    const inner = supervisorSpec({
      ...limits,
      intensity: 2,
      children: [childSpec({ id: 'x', program: { code } })],
    });
    const worker = childSpec({ id: 'worker', program: { code } });
    const pool = supervisorSpec({ ...limits, strategy: 'simple-one-for-one', children: [worker] });
    const children = [
      childSpec({ id: 'in', program: { supervisor: inner } }),
      childSpec({ id: 'pool', program: { supervisor: pool } }),
    ];
    const top = supervisorSpec({ ...limits, children });
    const of = (path: ActorPath, spec: typeof top) => ({
      path,
      model: new OtpModel(spec, NEVER),
      before: 0,
      seen: 0,
    });
    this.#supervised = { top: of(TOP, top), inner: of(INNER, inner), pool: of(POOL, pool) };
    this.#innerSpec = inner;
    this.#starts.set(parsePath(`${INNER}/x`), 1);
    const spawn = { op: 'spawn', path: TOP, code: supervisorCode(top), mode: 'durable' } as const;
    this.client.ask({ ...spawn, newLife: false, id: this.#id() }, () => this.#look(() => undefined));
    this.cluster.runFor(60_000_000, () => this.#settled);
    demand(this.#settled, 'progress', () => 'the supervision tree was not started');
  }

  #innerSpec!: ReturnType<typeof supervisorSpec>;

  override get isDone(): boolean {
    return super.isDone && this.#settled;
  }

  /** Supervisors that gave up. */
  get escalations(): number {
    return this.#escalations;
  }

  get restarts(): number {
    return Object.values(this.#supervised).reduce(
      (sum, { before, model }) => sum + before + model.restarted,
      0,
    );
  }

  /** V2, V3, of the journals that all replicas agree on. */
  check(journals: ReadonlyMap<ActorPath, ActorJournal>): void {
    const kinds = (path: ActorPath, kind: string) =>
      (journals.get(path)?.records ?? []).filter((record) => record.kind === kind).length;
    const gaveUp = (journals.get(INNER)?.records ?? []).filter(({ kind }) => kind === 'resumed').length;
    demand(
      gaveUp === this.#escalations,
      'supervised',
      () => `${gaveUp} starts after ${this.#escalations} escalations`,
    );
    for (const [path, wanted] of this.#starts) {
      const found = kinds(path, 'spawned') + kinds(path, 'resumed');
      demand(found === wanted, 'supervised', () => `${path} was started ${found} times, not ${wanted}`);
    }
  }

  protected act(then: () => void): void {
    this.#settled = false;
    const { pool } = this.#supervised;
    const instances = pool.model.children.map(({ spec }) => spec.id);
    const chance = this.random.fraction();
    if (chance < 0.4) return this.#fail(INNER, 'x', () => this.#innerFailed(), then);
    if (instances.length === 0 || (instances.length < INSTANCES_MAX && chance < 0.6)) return this.#add(then);
    const id = pick(this.random, instances);
    if (chance < 0.75) return this.#request('Terminate', id, then);
    this.#fail(POOL, id, () => this.#ends(pool, id, 'fault'), then);
  }

  #add(then: () => void): void {
    this.#request('Instance', `i${this.#nextId}`, then);
  }

  #request(tag: 'Instance' | 'Terminate', id: string, then: () => void): void {
    const message = new Variant(tag, [id]);
    this.client.ask({ op: 'tell', path: POOL, message, id: this.#id() }, (result, isFirst) => {
      demand(result.ok, 'supervised', () => `${tag} of ${id}: ${JSON.stringify(result)}`);
      if (!isFirst) return;
      const request =
        tag === 'Instance'
          ? ({ op: 'add-instance', id, args: [] } as const)
          : ({ op: 'terminate', child: id } as const);
      this.#supervised.pool.model.handle({ kind: 'request', from: id, request }, 0);
      if (tag === 'Instance') this.#starts.set(parsePath(`${POOL}/${id}`), 1);
      this.#look(then);
    });
  }

  #fail(supervisor: ActorPath, id: string, failed: () => void, then: () => void): void {
    const path = parsePath(`${supervisor}/${id}`);
    const message = new Variant('Perish', []);
    this.client.ask({ op: 'tell', path, message, id: this.#id() }, (result, isFirst) => {
      const isRight = !result.ok && result.code === 'turn-failed';
      demand(isRight, 'supervised', () => `Perish of ${path}: ${JSON.stringify(result)}`);
      if (!isFirst) return;
      failed();
      this.#starts.set(path, this.#starts.get(path)! + 1);
      this.#look(then);
    });
  }

  #ends({ model }: Supervised, id: string, reason: string): void {
    const life = model.children.find(({ spec }) => spec.id === id)!.pid as number;
    model.handle({ kind: 'terminated', child: id, life, reason } satisfies ModelEvent, 0);
  }

  #innerFailed(): void {
    const { inner, top } = this.#supervised;
    this.#ends(inner, 'x', 'fault');
    if (inner.model.ending === undefined) return;
    this.#escalations++;
    inner.before += inner.model.restarted;
    inner.model = new OtpModel(this.#innerSpec, NEVER);
    this.#ends(top, 'in', 'shutdown');
  }

  /** V1: until all supervisors are as OTP's would be. */
  #look(then: () => void): void {
    const left = Object.values(this.#supervised);
    const next = (): void => {
      const supervised = left.pop();
      if (supervised === undefined) {
        this.#settled = true;
        return then();
      }
      this.client.ask({ op: 'inspect', path: supervised.path }, (result, isFirst) => {
        if (!isFirst) return;
        // What is below the top comes after it.
        if (result.ok && this.#isAsModel(supervised, (result.value as Inspected).state)) return next();
        this.cluster.scheduler.after(LOOK, () => this.#look(then));
      });
    };
    next();
  }

  #isAsModel(supervised: Supervised, state: Uint8Array): boolean {
    const { path, model, before, seen } = supervised;
    const view = supervisorView(decodeData(state) as SeqMap, 0);
    if (view === undefined) return false;
    const wanted = before + model.restarted;
    demand(
      view.restarted <= wanted,
      'supervised',
      () => `${path}: ${view.restarted} restarts, not ${wanted}`,
    );
    const forgot = () => `${path}: ${view.restarted} restarts counted after ${seen}`;
    demand(view.restarted >= seen, 'restart-count', forgot);
    supervised.seen = view.restarted;
    const has = view.children.map(({ id, status }) => `${id} ${status}`);
    const shall = model.children.map(({ spec: { id } }) => `${id} running`);
    return view.restarted === wanted && view.phase === 'running' && has.join() === shall.join();
  }

  #id(): string {
    return `supervised-tree-${this.#nextId++}`;
  }
}
