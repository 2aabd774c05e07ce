// A client of an actor that writes to one that is suspended, stopped and resumed meanwhile, and to one that
// never was. Dead letters are sent again now and then.
//
// L1 each message is handled or a dead letter, never both and never neither, whatever became of the
//    nodes.
// L2 nothing is handled twice: a letter that is sent again takes effect once.
import { decodeData } from '../node/base/codec.ts';
import type { ActorPath } from '../node/base/ids.ts';
import { parsePath } from '../node/base/path.ts';
import { type Data, type SeqMap, Variant } from '../node/base/value.ts';
import { shardOf } from '../node/cluster/placement.ts';
import type { DeadLetterPage, Inspected } from '../node/core/requests/results.ts';
import type { ClientResult } from '../node/core/types.ts';
import { decodePayload } from '../node/runtime/actor/payload.ts';
import { decodeDeadLetter } from '../node/runtime/dead-letters.ts';
import { pick } from './chance.ts';
import { SHARDS } from './core-factory.ts';
import type { ActorJournal } from './history-checker.ts';
import type { OfLetters, Untimed } from './insistent-client.ts';
import { LETTER_WORD } from './letter-program.ts';
import { PacedWorkload } from './paced-workload.ts';
import { demand } from './violation.ts';

const WRITER = parsePath('/letter/writer');
const READER = parsePath('/letter/reader');
const NOBODY = parsePath('/letter/nobody');
const GROUP = shardOf(WRITER, SHARDS);
/** Mean virtual microseconds between two operations. */
const THINK = 300_000;
const LOOK = 300_000;

interface Letter {
  readonly number: number;
  readonly id: number;
  readonly receiver: ActorPath;
}

export class LetterWorkload extends PacedWorkload {
  protected readonly pause = THINK;
  #reader: 'running' | 'suspended' | 'stopped' = 'running';
  readonly #written: number[] = [];
  #settled = false;
  /** Messages that are neither, as far as was seen. */
  #missing: readonly number[] = [];
  #nextId = 1;

  /** Creates the actors; to be called on a cluster that is whole and has the program. */
  prepare(): void {
    const code = { module: this.module, target: { word: LETTER_WORD }, captured: [] };
    const spawn = { op: 'spawn', code, mode: 'durable', newLife: false } as const;
    this.create(
      [WRITER, READER].map((path) => ({ ...spawn, path, id: this.#id() })),
      'write letters',
    );
  }

  override stop(): void {
    super.stop();
    this.#finish();
  }

  override get isDone(): boolean {
    return super.isDone && this.#settled;
  }

  get unsettled(): string {
    return `the messages ${this.#missing} are neither handled nor dead letters`;
  }

  /** L2, of the journals that all replicas agree on. */
  check(journals: ReadonlyMap<ActorPath, ActorJournal>): void {
    const handled = (journals.get(READER)?.records ?? []).flatMap(({ message }) =>
      message instanceof Variant && message.tag === 'Arrive' ? Number(message.fields[0]) : [],
    );
    const isOnce = new Set(handled).size === handled.length;
    demand(isOnce, 'dead-letters', () => `the messages [${handled}] are handled`);
  }

  protected act(done: () => void): void {
    const dice = this.random.fraction();
    if (dice < 0.5) return this.#write(dice < 0.1 ? NOBODY : READER, done);
    if (dice < 0.65) return this.#look(done);
    if (dice < 0.75) return this.#replay(done);
    if (this.#reader !== 'running') this.#order('resume', 'running', done);
    else if (dice < 0.88) this.#order('suspend', 'suspended', done);
    else this.#order('stop', 'stopped', done);
  }

  /** Once nothing is under way, the reader takes what waits for it. */
  #finish(): void {
    if (!super.isDone) return void this.cluster.scheduler.after(LOOK, () => this.#finish());
    const settle = (): void =>
      this.#look(() => {
        this.#settled = this.#missing.length === 0;
        if (!this.#settled) this.cluster.scheduler.after(LOOK, settle);
      });
    if (this.#reader === 'running') settle();
    else this.#order('resume', 'running', settle);
  }

  #write(to: ActorPath, done: () => void): void {
    const id = this.#nextId++;
    const message = new Variant<Data>('Write', [to, id]);
    this.#ask({ op: 'tell', path: WRITER, message, id: this.#id() }, () => {
      this.#written.push(id);
      done();
    });
  }

  #order(op: 'resume' | 'suspend' | 'stop', to: 'running' | 'suspended' | 'stopped', done: () => void): void {
    this.#ask({ op, path: READER, id: this.#id() }, () => {
      this.#reader = to;
      done();
    });
  }

  #replay(done: () => void): void {
    this.#list((letters) => {
      if (letters.length === 0) return done();
      const { number } = pick(this.random, letters);
      this.#ask({ op: 'replay-dead-letter', group: GROUP, number }, done);
    });
  }

  /** L1. What is handled stays so: it must not be a dead letter that is found after it. */
  #look(done: () => void): void {
    this.#ask({ op: 'inspect', path: READER }, (value) => {
      const state = decodeData((value as Inspected).state) as SeqMap;
      this.#list((letters) => {
        const dead = new Set(letters.map(({ id }) => id));
        for (const id of dead)
          demand(!state.has(id), 'dead-letters', () => `message ${id} is handled, and a dead letter`);
        this.#missing = this.#written.filter((id) => !state.has(id) && !dead.has(id));
        done();
      });
    });
  }

  #list(then: (letters: readonly Letter[]) => void): void {
    this.#ask({ op: 'dead-letters', group: GROUP, from: 1, limit: 1000 }, (value) =>
      then(
        (value as DeadLetterPage).letters.flatMap(({ number, bytes }) => {
          const { receiver, payload } = decodeDeadLetter(bytes);
          const decoded = decodePayload(payload);
          const message = decoded.kind === 'message' ? decoded.message : undefined;
          if (!(message instanceof Variant) || message.tag !== 'Arrive') return [];
          return { number, receiver, id: Number(message.fields[0]) };
        }),
      ),
    );
  }

  #ask(request: Untimed | OfLetters, then: (value: unknown) => void): void {
    this.client.ask(request, (result: ClientResult, isFirst) => {
      demand(result.ok, 'dead-letters', () => `${request.op}: ${result.ok || result.code}`);
      if (isFirst) then(result.value);
    });
  }

  #id(): string {
    return `letter-${this.#nextId++}`;
  }
}
