// A client of actors that set timers, take some back, and count three beats of a repeated one.
//
// K1 each timer rings once, whoever leads; one that was taken back, once at most.
// K2 of two timers that one turn sets, the one that is due first rings first.
// K3 a repeated timer beats until it is taken back.
// K4 all that were set ring in the end.

import { decodeData } from '../node/base/codec.ts';
import type { ActorPath } from '../node/base/ids.ts';
import { parsePath } from '../node/base/path.ts';
import { type Data, type SeqMap, Variant } from '../node/base/value.ts';
import type { Inspected } from '../node/core/requests/results.ts';
import { between, pick } from './chance.ts';
import type { ActorJournal } from './history-checker.ts';
import { PacedWorkload } from './paced-workload.ts';
import { TIMER_WORD } from './timer-program.ts';
import { demand } from './violation.ts';

const ACTORS = [1, 2, 3].map((number) => parsePath(`/timer/actor-${number}`));
/** Mean virtual microseconds between two operations. */
const THINK = 600_000;
const DELAY_MS = 6_000;
const LOOK = 500_000;
const BEATS = 3;

export class TimerWorkload extends PacedWorkload {
  protected readonly pause = THINK;
  /** Actors whose timers have not all rung, as far as was seen. */
  readonly #waiting = new Set<ActorPath>();
  /** Messages that are not decided. */
  #telling = 0;
  #nextId = 1;

  /** Creates the actors; to be called on a cluster that is whole and has the program. */
  prepare(): void {
    const code = { module: this.module, target: { word: TIMER_WORD }, captured: [] };
    const spawn = { op: 'spawn', code, mode: 'durable', newLife: false } as const;
    this.create(
      ACTORS.values().map((path) => ({ ...spawn, path, id: this.#id() })),
      'set timers',
    );
  }

  override begin(): void {
    for (const path of ACTORS) this.#tell(path, new Variant('Beat', [between(this.random, 500, 4_000)]));
    super.begin();
  }

  override stop(): void {
    super.stop();
    for (const path of ACTORS) {
      this.#waiting.add(path);
      this.#look(path);
    }
  }

  /** K4 */
  override get isDone(): boolean {
    return super.isDone && this.#waiting.size === 0;
  }

  /** K1 to K3, of the journals that all replicas agree on. */
  check(journals: ReadonlyMap<ActorPath, ActorJournal>): void {
    for (const path of ACTORS) {
      const told = (journals.get(path)?.records ?? []).flatMap(({ message }) =>
        message instanceof Variant ? message : [],
      );
      const of = (tag: string) => told.filter((message) => message.tag === tag).map(({ fields }) => fields);
      const rung = of('Ring').map(([id]) => id);
      const forgotten = new Set(of('Forget').map(([id]) => id));
      const pairs = of('Pair').map(([id]) => Number(id));
      for (const id of [...of('Set').map(([each]) => each), ...pairs.flatMap((each) => [each, each + 1])]) {
        const times = rung.filter((each) => each === id).length;
        const isRight = times === 1 || (times === 0 && forgotten.has(id!));
        demand(isRight, 'timers', () => `timer ${id} of ${path} rang ${times} times`);
      }
      for (const id of pairs) {
        const [first, second] = [rung.indexOf(id + 1), rung.indexOf(id)];
        const isRight = first < 0 || second < 0 || first < second;
        demand(isRight, 'timers', () => `timer ${id} of ${path} rang before ${id + 1}`);
      }
      const beats = of('Pulse').length;
      demand(beats >= BEATS, 'timers', () => `${path} heard ${beats} beats`);
    }
  }

  protected act(done: () => void): void {
    this.#set();
    done();
  }

  #set(): void {
    const random = this.random;
    const path = pick(random, ACTORS);
    const id = this.#nextId;
    this.#nextId += 2;
    const delay = between(random, 1, DELAY_MS);
    const dice = random.fraction();
    if (dice < 0.5) this.#tell(path, new Variant('Set', [id, delay]));
    else if (dice < 0.75) this.#tell(path, new Variant('Pair', [id, delay]));
    else
      this.#tell(path, new Variant('Set', [id, delay]), () => this.#tell(path, new Variant('Forget', [id])));
  }

  /** Until the actor waits for no timer any more. */
  #look(path: ActorPath) {
    // What is not decided may set a timer after the inspection.
    const toldBefore = this.#telling === 0;
    this.client.ask({ op: 'inspect', path }, (result, isFirst) => {
      if (!isFirst) return;
      demand(result.ok, 'timers', () => `inspect: ${JSON.stringify(result)}`);
      const state = decodeData(((result as { value: unknown }).value as Inspected).state) as SeqMap;
      const pending = [...state].filter(([key]) => typeof key === 'number');
      if (pending.length === 0 && toldBefore) this.#waiting.delete(path);
      else this.cluster.scheduler.after(LOOK, () => this.#look(path));
    });
  }

  #tell(path: ActorPath, message: Data, then = () => {}) {
    this.#telling++;
    this.client.ask({ op: 'tell', path, message, id: this.#id() }, (result, isFirst) => {
      demand(result.ok, 'timers', () => `a message to an actor with timers: ${JSON.stringify(result)}`);
      if (!isFirst) return;
      this.#telling--;
      then();
    });
  }

  #id(): string {
    return `timer-${this.#nextId++}-${this.client.open}`;
  }
}
