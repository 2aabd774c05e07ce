// A client of a supervisor's children, which count or fault. It does one thing after another, so it knows how
// often each was restarted.
//
// V1 each fault is one restart, and each restart one start of the child: in its journal, and in the count of
//    the supervisor.
// V2 a restart changes nothing of the state.
// V3 once nothing fails any more, all children run.

import { decodeData } from '../node/base/codec.ts';
import type { ActorPath } from '../node/base/ids.ts';
import { parsePath } from '../node/base/path.ts';
import { type SeqMap, type Sym, Variant } from '../node/base/value.ts';
import type { Inspected } from '../node/core/requests/results.ts';
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
  readonly #counted = new Map(IDS.map((id) => [id, 0]));
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
      const wanted = { started: 1, restarted: this.#perished.get(id), counted: this.#counted.get(id) };
      const isRight = JSON.stringify(found) === JSON.stringify(wanted);
      demand(isRight, 'supervised', () => `${id}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
    }
  }

  protected act(then: () => void): void {
    const id = pick(this.random, IDS);
    const perishes = this.random.fraction() < 0.5;
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

  /** Until all children run, and each fault was counted. */
  #look() {
    const wasDecided = this.client.open === 0;
    this.client.ask({ op: 'inspect', path: SUPERVISOR }, (result, isFirst) => {
      if (!isFirst) return;
      demand(result.ok, 'supervised', () => `inspect: ${JSON.stringify(result)}`);
      const state = decodeData(((result as { value: unknown }).value as Inspected).state) as SeqMap;
      const restarted = state.get('restarted') ?? 0;
      const run = IDS.every((id) => {
        const status = (state.get(`child:${id}`) as SeqMap | undefined)?.get('status');
        return (status as Sym | undefined)?.name === 'running';
      });
      const seen = `${restarted} restarts after ${this.restarts} faults`;
      demand((restarted as number) <= this.restarts + 1, 'supervised', () => seen);
      this.#settled = wasDecided && run && restarted === this.restarts;
      if (!this.#settled) this.cluster.scheduler.after(LOOK, () => this.#look());
    });
  }

  #id(): string {
    return `supervised-${this.#nextId++}`;
  }
}
