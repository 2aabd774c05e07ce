// A client of a supervisor's children, which count, fault, or are stopped and resumed at once. It does one
// thing after another, so it knows how often each was restarted.
//
// V1 each fault is one restart, and each restart one start of the child: in its journal, and in the count of
//    the supervisor.
// V2 a restart changes nothing of the state.
// V3 once nothing fails any more, all children run.
// V4 a supervisor never forgets a restart that it counted, and counts each before the next of that child.

import { decodeData } from '../node/base/codec.ts';
import type { ActorPath } from '../node/base/ids.ts';
import { parsePath } from '../node/base/path.ts';
import { type SeqMap, type Sym, Variant } from '../node/base/value.ts';
import type { Inspected, Resumed } from '../node/core/requests/results.ts';
import { supervisorCode } from '../node/runtime/lifecycle/supervisor-behaviour.ts';
import { childSpec, supervisorSpec } from '../node/runtime/lifecycle/supervisor-spec.ts';
import { pick } from './chance.ts';
import type { ActorJournal } from './history-checker.ts';
import { MORTAL_WORD } from './mortal-program.ts';
import { PacedWorkload } from './paced-workload.ts';
import { demand } from './violation.ts';

const SUPERVISOR = parsePath('/supervised/top');
const IDS = ['a', 'b', 'c'];
const pathOf = (id: string): ActorPath => parsePath(`${SUPERVISOR}/${id}`);
/** Mean virtual microseconds between two operations. */
const THINK = 300_000;
const LOOK = 500_000;

export class SupervisedWorkload extends PacedWorkload {
  readonly unsettled = 'children of a supervisor do not run again';
  protected readonly pause = THINK;
  readonly #perished = new Map(IDS.map((id) => [id, 0]));
  /** Those that an operator resumed, which count for no restart. */
  readonly #resumed = new Map(IDS.map((id) => [id, 0]));
  readonly #counted = new Map(IDS.map((id) => [id, 0]));
  /** As many as the supervisor was seen to have counted. */
  #seen = 0;
  #settled = false;
  #nextId = 1;

  /** Starts the supervisor; to be called on a cluster that is whole and has the program. */
  prepare(): void {
    const code = { module: this.module, target: { word: MORTAL_WORD }, captured: [] };
    const children = IDS.map((id) => childSpec({ id, program: { code } }));
    const spec = supervisorSpec({ intensity: 100_000, children });
    const spawn = { op: 'spawn', path: SUPERVISOR, code: supervisorCode(spec), mode: 'durable' } as const;
    this.client.ask({ ...spawn, newLife: false, id: this.#id() }, () => this.#look());
    this.cluster.runFor(60_000_000, () => this.#settled);
    demand(this.#settled, 'progress', () => 'the children of the supervisor were not started');
    this.#settled = false;
  }

  override stop(): void {
    super.stop();
    this.#look();
  }

  /** V3 */
  override get isDone(): boolean {
    return super.isDone && this.#settled;
  }

  /** How many restarts there were. */
  get restarts(): number {
    return [...this.#perished.values()].reduce((sum, each) => sum + each, 0);
  }

  /** V1, V2, of the journals that all replicas agree on. */
  check(journals: ReadonlyMap<ActorPath, ActorJournal>): void {
    for (const id of IDS) {
      const records = journals.get(pathOf(id))?.records ?? [];
      const found = {
        started: records.filter(({ kind }) => kind === 'spawned').length,
        restarted: records.filter(({ kind }) => kind === 'resumed').length,
        counted: records.filter(({ message }) => message instanceof Variant && message.tag === 'Tally')
          .length,
      };
      const [perished, resumed] = [this.#perished.get(id)!, this.#resumed.get(id)!];
      const wanted = { started: 1, perished, resumed, counted: this.#counted.get(id) };
      // Whoever was resumed is taken back by an order of its supervisor, unless a fault or an end is faster.
      const orders = found.restarted - perished - resumed;
      const isRight =
        found.started === 1 && found.counted === wanted.counted && orders >= 0 && orders <= resumed;
      demand(isRight, 'supervised', () => `${id}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
    }
  }

  protected act(then: () => void): void {
    const id = pick(this.random, IDS);
    const dice = this.random.fraction();
    if (dice < 0.2) return this.#inspect(() => then());
    if (dice < 0.3) return this.#stopAndResume(pick(this.random, IDS), then);
    const perishes = dice < 0.65;
    const path = pathOf(id);
    const message = new Variant(perishes ? 'Perish' : 'Tally', []);
    this.client.ask({ op: 'tell', path, message, id: this.#id() }, (result, isFirst) => {
      const isRight = perishes ? !result.ok && result.code === 'turn-failed' : result.ok;
      demand(isRight, 'supervised', () => `${message.tag} of ${id}: ${JSON.stringify(result)}`);
      if (!isFirst) return;
      const known = perishes ? this.#perished : this.#counted;
      known.set(id, known.get(id)! + 1);
      then();
    });
  }

  /** While the one is still being reported, the other is done. */
  #stopAndResume(child: string, then: () => void): void {
    const path = pathOf(child);
    this.client.ask({ op: 'stop', path, id: this.#id() }, (stopped, isFirst) => {
      demand(stopped.ok, 'supervised', () => `stop of ${child}: ${JSON.stringify(stopped)}`);
      if (!isFirst) return;
      this.client.ask({ op: 'resume', path, id: this.#id() }, (result, isFirstToo) => {
        demand(result.ok, 'supervised', () => `resume of ${child}: ${JSON.stringify(result)}`);
        if (!isFirstToo) return;
        const { resumed } = result.value as Resumed;
        if (resumed) this.#resumed.set(child, this.#resumed.get(child)! + 1);
        this.#untilSupervised(path, then);
      });
    });
  }

  /** A child that was resumed is nobody's until its supervisor has heard of it. */
  #untilSupervised(path: ActorPath, then: () => void): void {
    this.client.ask({ op: 'inspect', path }, (result, isFirst) => {
      if (!isFirst) return;
      demand(result.ok, 'supervised', () => `inspect of ${path}: ${JSON.stringify(result)}`);
      const { supervisor, lifecycle } = result.value as Inspected;
      if (supervisor === SUPERVISOR && lifecycle === 'running') return then();
      this.cluster.scheduler.after(LOOK, () => this.#untilSupervised(path, then));
    });
  }

  /** Until all children run, and each fault was counted. */
  #look() {
    const wasDecided = this.client.open === 0;
    this.#inspect((state, restarted) => {
      const run = IDS.every((id) => {
        const status = (state.get(`child:${id}`) as SeqMap | undefined)?.get('status');
        return (status as Sym | undefined)?.name === 'running';
      });
      this.#settled = wasDecided && run && restarted === this.restarts;
      if (!this.#settled) this.cluster.scheduler.after(LOOK, () => this.#look());
    });
  }

  /** V4 */
  #inspect(then: (state: SeqMap, restarted: number) => void): void {
    this.client.ask({ op: 'inspect', path: SUPERVISOR }, (result, isFirst) => {
      if (!isFirst) return;
      demand(result.ok, 'supervised', () => `inspect: ${JSON.stringify(result)}`);
      const state = decodeData((result.value as Inspected).state) as SeqMap;
      const restarted = Number(state.get('restarted') ?? 0);
      const seen = `${restarted} restarts counted after ${this.#seen}, and ${this.restarts} faults`;
      demand(restarted <= this.restarts + 1, 'supervised', () => seen);
      const isCounted = restarted >= this.#seen && restarted >= this.restarts - IDS.length;
      demand(isCounted, 'restart-count', () => seen);
      this.#seen = restarted;
      then(state, restarted);
    });
  }

  #id(): string {
    return `supervised-${this.#nextId++}`;
  }
}
