// A client of actors that watch others, which end and are resumed meanwhile. It does one thing after another,
// so it knows who lives.
//
// H1 a watch has one end: a watcher is told of an actor once for each time that it looked, and not of one
//    that it looked away from.
// H2 whoever still watches when all is quiet watches an actor that lives.
// H3 nobody is told of an actor that never ended, whatever became of its nodes.
import type { ActorPath } from '../node/base/ids.ts';
import { formatNotation } from '../node/base/notation.ts';
import { parsePath } from '../node/base/path.ts';
import { type Data, Variant } from '../node/base/value.ts';
import type { ActorMode, ClientResult } from '../node/core/types.ts';
import type { JournalRecord } from '../node/journal/journal-record.ts';
import { pick } from './chance.ts';
import type { ActorJournal } from './history-checker.ts';
import type { Untimed } from './insistent-client.ts';
import { PacedWorkload } from './paced-workload.ts';
import { demand } from './violation.ts';
import { WATCH_WORD } from './watch-program.ts';

const WATCHERS = ['/watcher/a', '/watcher/b'].map(parsePath);
const STEADY = parsePath('/watched/steady');
const VOLATILE = parsePath('/watched/volatile');
const MORTAL = [parsePath('/watched/a'), parsePath('/watched/b'), VOLATILE];
/** Mean virtual microseconds between two operations. */
const THINK = 200_000;

export class WatchWorkload extends PacedWorkload {
  readonly unsettled = 'operations of actors that watch are open';
  protected readonly pause = THINK;
  readonly #ended = new Set<ActorPath>();
  #nextId = 1;

  /** Creates the actors; to be called on a cluster that is whole and has the program. */
  prepare(): void {
    this.create(
      [...WATCHERS, STEADY, ...MORTAL].map((path) => this.#spawn(path)),
      'watch',
    );
  }

  /** H1, H2, H3, of the journals that all replicas agree on. */
  check(journals: ReadonlyMap<ActorPath, ActorJournal>): void {
    const recordsOf = (path: ActorPath) => journals.get(path)?.records ?? [];
    for (const watcher of WATCHERS) {
      const records = recordsOf(watcher);
      for (const path of [STEADY, ...MORTAL]) {
        const { watches, ends } = followWatch(records, watcher, path);
        demand(path !== STEADY || ends === 0, 'watches', () => `${watcher} is told of ${path}, which lives`);
        const isOver = !watches || hasEnded(records) || !hasEnded(recordsOf(path));
        demand(isOver, 'watches', () => `${watcher} waits in vain for the end of ${path}`);
      }
    }
  }

  protected act(done: () => void): void {
    const dice = this.random.fraction();
    const watcher = pick(this.random, WATCHERS);
    const mortal = pick(this.random, MORTAL);
    const act = (request: Untimed, judge: (result: ClientResult) => void = () => {}) =>
      this.client.ask(request, (result, isFirst) => {
        if (!isFirst) return;
        judge(result);
        done();
      });
    if (dice < 0.45) act(this.#message(watcher, 'Look', pick(this.random, [STEADY, ...MORTAL])));
    else if (dice < 0.55) act(this.#message(watcher, 'Look-Away', pick(this.random, [STEADY, ...MORTAL])));
    else this.#turnOver(dice < 0.65 ? watcher : mortal, act);
  }

  /** Ends the actor, or lets it go on. */
  #turnOver(path: ActorPath, act: (request: Untimed, judge: (result: ClientResult) => void) => void): void {
    const id = this.#id();
    if (this.#ended.has(path)) act({ op: 'resume', path, id }, () => this.#ended.delete(path));
    else if (this.random.fraction() < 0.5 || path === VOLATILE)
      act({ op: 'stop', path, id }, () => this.#ended.add(path));
    else {
      const message = new Variant<Data>('Finish', []);
      act({ op: 'tell', path, id, message }, () => this.#ended.add(path));
    }
  }

  #message(path: ActorPath, tag: string, whom: ActorPath): Untimed {
    return { op: 'ask', path, message: new Variant<Data>(tag, [whom]), id: this.#id() };
  }

  #spawn(path: ActorPath): Untimed {
    const code = { module: this.module, target: { word: WATCH_WORD }, captured: [] };
    const mode: ActorMode = path === VOLATILE ? 'volatile' : 'durable';
    return { op: 'spawn', path, code, mode, newLife: false, id: this.#id() };
  }

  #id(): string {
    return `watch-${this.#nextId++}`;
  }
}

/** Whether the watcher watches `path` after all its records, and how often it was told of it. H1. */
function followWatch(records: readonly JournalRecord[], watcher: ActorPath, path: ActorPath) {
  let watches = false;
  let ends = 0;
  for (const { message, sequence } of records) {
    if (!(message instanceof Variant) || message.fields[0] !== path) continue;
    if (message.tag !== 'Terminated') {
      watches = message.tag === 'Look';
      continue;
    }
    demand(
      watches,
      'watches',
      () => `record ${sequence} of ${watcher} is ${formatNotation(message)}, and nobody asked`,
    );
    watches = false;
    ends++;
  }
  return { watches, ends };
}

/** Whether the last that is said of its life is its end. */
function hasEnded(records: readonly JournalRecord[]): boolean {
  let ended = false;
  for (const { kind, message } of records) {
    if (kind === 'stopped' || kind === 'failed') ended = true;
    else if (kind === 'resumed' || kind === 'spawned') ended = false;
    else if (message instanceof Variant && message.tag === 'Finish') ended = true;
  }
  return ended;
}
