// A client of an actor that is stopped, or faults until it has failed, and is resumed. It does one thing
// after another, so it knows the state.
//
// M1 a fault, the end and the new beginning of an actor change nothing of its state.
// M2 an actor that has ended is not spawned anew by a plain spawn.
// M3 what it sent in all its times arrived once each.

import { decodeData } from '../node/base/codec.ts';
import type { ActorPath } from '../node/base/ids.ts';
import { parsePath } from '../node/base/path.ts';
import { type Data, type SeqMap, Variant } from '../node/base/value.ts';
import type { Answered, Inspected, Resumed } from '../node/core/requests/results.ts';
import type { ClientResult } from '../node/core/types.ts';
import type { ActorJournal } from './history-checker.ts';
import type { Untimed } from './insistent-client.ts';
import { MORTAL_WORD } from './mortal-program.ts';
import { PacedWorkload } from './paced-workload.ts';
import { demand } from './violation.ts';

const ACTOR = parsePath('/mortal/actor');
const LEDGER = parsePath('/mortal/ledger');
/** Mean virtual microseconds between two operations. */
const THINK = 300_000;

export class MortalWorkload extends PacedWorkload {
  protected readonly pause = THINK;
  #count = 0;
  #hasEnded = false;
  #nextId = 1;

  /** Creates the actors; to be called on a cluster that is whole and has the program. */
  prepare(): void {
    this.create(
      [ACTOR, LEDGER].map((path) => this.#spawn(path)),
      'are to fail',
    );
  }

  /** M1, M2, M3, of the journals that all replicas agree on. */
  check(journals: ReadonlyMap<ActorPath, ActorJournal>): void {
    const turns = (path: ActorPath, tag: string) =>
      (journals.get(path)?.records ?? []).filter(
        ({ message }) => message instanceof Variant && message.tag === tag,
      ).length;
    const lives = (journals.get(ACTOR)?.records ?? []).filter(({ kind }) => kind === 'spawned').length;
    const found = { lives, counted: turns(ACTOR, 'Count'), told: turns(LEDGER, 'Tally') };
    const isRight = lives === 1 && found.counted === this.#count && found.told === this.#count;
    demand(isRight, 'mortal', () => `after ${this.#count} counts there are ${JSON.stringify(found)}`);
  }

  // Which fault is one too many depends on clocks, so that is asked for after each.
  protected act(done: () => void): void {
    const dice = this.random.fraction();
    const act = (request: Untimed, judge: (result: ClientResult) => void, then = done) =>
      this.client.ask(request, (result, isFirst) => {
        if (!isFirst) return;
        judge(result);
        then();
      });
    const inspect = () => act({ op: 'inspect', path: ACTOR }, this.#inspected);
    if (this.#hasEnded && dice < 0.4) act({ op: 'resume', path: ACTOR, id: this.#id() }, this.#resumed);
    else if (dice < 0.5) act(this.#message('tell', new Variant('Perish', [])), this.#perished, inspect);
    else if (dice < 0.55) act(this.#spawn(ACTOR), this.#spawnRefused);
    else if (dice < 0.6) act({ op: 'stop', path: ACTOR, id: this.#id() }, this.#stopped);
    else if (dice < 0.72) inspect();
    else act(this.#message('ask', new Variant('Count', [LEDGER])), this.#counted);
  }

  readonly #resumed = (result: ClientResult) => {
    demand(result.ok && (result.value as Resumed).resumed, 'mortal', () => `resume: ${told(result)}`);
    this.#hasEnded = false;
  };

  readonly #stopped = (result: ClientResult) => {
    const isRight = this.#hasEnded ? !result.ok && result.code === 'actor-stopped' : result.ok;
    demand(isRight, 'mortal', () => `stop: ${told(result)}`);
    this.#hasEnded = true;
  };

  readonly #perished = (result: ClientResult) => {
    const code = result.ok ? 'ok' : result.code;
    const isRight = code === (this.#hasEnded ? 'actor-stopped' : 'turn-failed');
    demand(isRight, 'mortal', () => `a message that faults: ${told(result)}`);
  };

  readonly #spawnRefused = (result: ClientResult) => {
    const code = result.ok ? 'ok' : result.code;
    const isRight = code === (this.#hasEnded ? 'actor-ended' : 'actor-exists');
    demand(isRight, 'mortal', () => `a spawn where an actor is: ${told(result)}`);
  };

  readonly #inspected = (result: ClientResult) => {
    demand(result.ok, 'mortal', () => `inspect: ${told(result)}`);
    const { state, lifecycle } = (result as { value: unknown }).value as Inspected;
    const count = (decodeData(state) as SeqMap).get('count') ?? 0;
    demand(count === this.#count, 'mortal', () => `its state is ${count} after ${this.#count} counts`);
    this.#hasEnded = lifecycle === 'failed' || lifecycle === 'stopped';
  };

  readonly #counted = (result: ClientResult) => {
    if (this.#hasEnded) {
      const isRight = !result.ok && result.code === 'actor-stopped';
      demand(isRight, 'mortal', () => `a message to an actor that has ended: ${told(result)}`);
      return;
    }
    this.#count++;
    const isRight = result.ok && (result.value as Answered).reply === this.#count;
    demand(isRight, 'mortal', () => `the count is to be ${this.#count}: ${told(result)}`);
  };

  #message(op: 'tell' | 'ask', message: Data): Untimed {
    return { op, path: ACTOR, message, id: this.#id() };
  }

  #spawn(path: ActorPath): Untimed {
    const code = { module: this.module, target: { word: MORTAL_WORD }, captured: [] };
    return { op: 'spawn', path, code, mode: 'durable', newLife: false, id: this.#id() };
  }

  #id(): string {
    return `mortal-${this.#nextId++}`;
  }
}

const told = (result: ClientResult): string =>
  result.ok ? JSON.stringify(result.value) : `${result.code}: ${result.message}`;
