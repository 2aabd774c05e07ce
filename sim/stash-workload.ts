// A client of an actor that puts messages aside while it is locked, and handles them once it is unlocked.
//
// J1 each message is handled once: a client's, told or asked, and an actor's ask.
// J2 what was put aside is handled in that order, before anything that came later.
// J3 who asked is answered with the reply to the own message.
// J4 once all is quiet, nothing is put aside.
import type { ActorPath } from '../node/base/ids.ts';
import { parsePath } from '../node/base/path.ts';
import { type Data, Variant } from '../node/base/value.ts';
import type { ClientResult } from '../node/core/types.ts';
import type { JournalRecord } from '../node/journal/journal-record.ts';
import { between } from './chance.ts';
import type { ActorJournal } from './history-checker.ts';
import { PacedWorkload } from './paced-workload.ts';
import { STASH_WORD } from './stash-program.ts';
import { demand } from './violation.ts';

const LOCKED = parsePath('/stash/locked');
const ASKER = parsePath('/stash/asker');
/** Mean virtual microseconds between two rounds. */
const THINK = 300_000;
/** For how long the actor is locked, at most. */
const LOCKED_MICROS = 3_000_000;

export class StashWorkload extends PacedWorkload {
  readonly unsettled = 'operations of an actor that stashes are open';
  protected readonly pause = THINK;
  #rounds = 0;
  #inRound = false;
  #nextId = 1;
  /** What was told or asked, and is decided to have been taken. */
  readonly #taken = new Set<number>();

  /** Creates the actors; to be called on a cluster that is whole and has the program. */
  prepare(): void {
    const code = { module: this.module, target: { word: STASH_WORD }, captured: [] };
    const spawn = { op: 'spawn', code, mode: 'durable', newLife: false } as const;
    this.create(
      [LOCKED, ASKER].map((path) => ({ ...spawn, path, id: `stash-spawn-${path}` })),
      'stash',
    );
  }

  override get isDone(): boolean {
    return super.isDone && !this.#inRound;
  }

  /** How often the actor was locked. */
  get rounds(): number {
    return this.#rounds;
  }

  /** J1, J2 and J4, of the journals that all replicas agree on. */
  check(journals: ReadonlyMap<ActorPath, ActorJournal>): void {
    const done = followStash(journals.get(LOCKED)?.records ?? []);
    for (const id of this.#taken) demand(done.has(id), 'stash', () => `message ${id} was never handled`);
  }

  /** Locks the actor, sends it no more than it may put aside, and unlocks it. */
  protected act(done: () => void): void {
    this.#inRound = true;
    this.#rounds++;
    this.#order('Lock', () => {
      for (const tag of ['Fetch', 'Leave', 'Fetch', 'Query'])
        this.cluster.scheduler.after(between(this.random, 0, LOCKED_MICROS), () => this.#send(tag));
      this.cluster.scheduler.after(between(this.random, 0, LOCKED_MICROS), () =>
        this.#order('Unlock', () => this.#finish(done)),
      );
    });
  }

  /** The next round begins once everything of this one is decided. */
  #finish(done: () => void) {
    const looks = () => {
      if (this.client.open > 0 || this.#sent < 4 * this.#rounds)
        return void this.cluster.scheduler.after(100_000, looks);
      this.#inRound = false;
      done();
    };
    looks();
  }

  #sent = 0;

  #send(tag: string) {
    this.#sent++;
    const id = this.#nextId++;
    const isQuery = tag === 'Query';
    const message = new Variant<Data>(tag, isQuery ? [LOCKED, id] : [id]);
    const path = isQuery ? ASKER : LOCKED;
    const op = tag === 'Leave' ? 'tell' : 'ask';
    this.client.ask({ op, path, message, id: `stash-${id}` }, (result) => this.#judge(tag, id, result));
  }

  /** J3. The time of an actor's ask may be up before the actor is unlocked. */
  #judge(tag: string, id: number, result: ClientResult): void {
    if (!result.ok) {
      const isTimeout = tag === 'Query' && result.code === 'ask-failed';
      return demand(isTimeout, 'stash', () => `${tag} ${id}: ${JSON.stringify(result)}`);
    }
    this.#taken.add(id);
    if (tag === 'Leave') return;
    const { reply } = result.value as { readonly reply: Data };
    demand(reply === id, 'stash', () => `${tag} ${id} is answered ${String(reply)}`);
  }

  #order(tag: string, then: () => void) {
    const message = new Variant<Data>(tag, []);
    const id = `stash-${tag}-${this.#rounds}`;
    this.client.ask({ op: 'ask', path: LOCKED, message, id }, (_, isFirst) => {
      if (isFirst) then();
    });
  }
}

/** Which messages were handled. J1, J2, J4. */
function followStash(records: readonly JournalRecord[]): ReadonlySet<number> {
  const done = new Set<number>();
  const aside: number[] = [];
  /** How many of the first of `aside` were asked for. */
  let released = 0;
  for (const { message, events, sequence } of records) {
    if (message instanceof Variant && message.tag === 'Unlock') released = aside.length;
    const [event] = events;
    if (!(event instanceof Variant) || (event.tag !== 'Aside' && event.tag !== 'Done')) continue;
    const id = Number(event.fields[0]);
    const what = () => `record ${sequence} is ${event.tag} ${id}; aside are ${aside}, ${released} released`;
    demand(!done.has(id), 'stash', () => `message ${id} is handled twice: ${what()}`);
    if (event.tag === 'Aside') {
      demand(released === 0, 'stash', () => `something overtakes what was put aside: ${what()}`);
      demand(!aside.includes(id), 'stash', () => `put aside twice: ${what()}`);
      aside.push(id);
      continue;
    }
    done.add(id);
    if (released === 0) {
      demand(!aside.includes(id), 'stash', () => `handled before it was asked for: ${what()}`);
      continue;
    }
    demand(aside[0] === id, 'stash', () => `not the first that was put aside: ${what()}`);
    aside.shift();
    released--;
  }
  demand(aside.length === 0, 'stash', () => `left aside: ${aside}`);
  return done;
}
