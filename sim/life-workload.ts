// A client of an actor that is suspended, stopped, resumed, upgraded there and back, and purged. It does one
// thing after another, but for an upgrade while a turn of the actor waits for an answer, so it knows the
// state.
//
// Y1 no order but a purge changes the state, which an upgrade has made by the new program; one that fails
//    changes nothing.
// Y2 what an actor sent in all its lives arrived once each, also where it was purged before, or its receiver
//    was suspended.
// Y3 a turn that waited ends under the code that asked, and is not lost.
// Y4 after a purge nothing is known of the path, the ids that were used there included.
import { decodeData } from '../node/base/codec.ts';
import type { ActorPath } from '../node/base/ids.ts';
import { parsePath } from '../node/base/path.ts';
import type { Random } from '../node/base/random.ts';
import { applyPatch, type Data, equals, SeqMap, Variant } from '../node/base/value.ts';
import type { Answered, Inspected, Suspended, Upgraded } from '../node/core/requests/results.ts';
import type { ClientRequest, ClientResult } from '../node/core/types.ts';
import { between, exponential, fork, happens, pick } from './chance.ts';
import type { Cluster } from './cluster.ts';
import type { ActorJournal } from './history-checker.ts';
import { InsistentClient, type Untimed } from './insistent-client.ts';
import { LEDGER_WORD, LIFE_PROGRAMS, LIFE_WORD, type LifeProgram, MUTE_WORD } from './life-program.ts';
import { demand } from './violation.ts';

const LEDGER = parsePath('/life/ledger');
/** Mean virtual microseconds between two operations. */
const THINK = 300_000;
const SECOND = 1_000_000;
/** By then no attempt at the spawn that began a life is under way, unless a node slept for long. */
const PURGE_AGE = 12 * SECOND;

export class LifeWorkload {
  readonly #cluster: Cluster;
  readonly #random: Random;
  readonly #client: InsistentClient;
  #active = false;
  #busy = 0;
  #nextId = 1;
  // ── What the client knows ──
  #actor = parsePath('/life/actor-1');
  #spawnId = '';
  #born = 0;
  #program: LifeProgram = LIFE_PROGRAMS[0];
  #lifecycle: 'running' | 'suspended' | 'stopped' = 'running';
  #count = 0;
  #ledgerRuns = true;
  /** Whether an actor has room for what waits for a suspended ledger; else it waits, as its client does. */
  readonly #mayWait: boolean;
  /** Over all lives. */
  readonly #counted: number[] = [];

  constructor(cluster: Cluster, mayWait: boolean) {
    this.#cluster = cluster;
    this.#mayWait = mayWait;
    this.#random = fork(cluster.random);
    this.#client = new InsistentClient(cluster, this.#random);
  }

  /** Deploys the programs and creates the actors; to be called on a cluster that is whole. */
  prepare(): void {
    for (const { hash, bundle } of LIFE_PROGRAMS)
      this.#deploy({ op: 'deploy', hash, bundle, timeoutMs: 5000 });
    this.#do(this.#spawn(LEDGER, LEDGER_WORD, this.#id()), 'spawn', (result) => result.ok);
    this.#beginLife(() => undefined);
    this.#cluster.runFor(30 * SECOND, () => this.#busy === 0);
    demand(this.#busy === 0, 'progress', () => 'the actors that are to be upgraded were not created');
  }

  #deploy(request: ClientRequest): void {
    this.#busy++;
    const ask = () =>
      this.#cluster.call(pick(this.#random, this.#cluster.members), request, (outcome) => {
        if (outcome !== 'lost' && outcome.ok) this.#busy--;
        else this.#cluster.scheduler.after(200_000, ask);
      });
    ask();
  }

  begin(): void {
    this.#active = true;
    this.#think();
  }

  stop(): void {
    this.#active = false;
  }

  /** What waits for a suspended ledger is let go at the end. */
  get isDone(): boolean {
    if (this.#active || this.#busy > 0) return false;
    if (this.#ledgerRuns) return true;
    this.#resumeLedger();
    return false;
  }

  /** Y1, Y2, Y3, of the journals that all replicas agree on. */
  check(journals: ReadonlyMap<ActorPath, ActorJournal>): void {
    const numbers = (journals.get(LEDGER)?.records ?? []).flatMap(({ message }) =>
      message instanceof Variant && message.tag === 'Tally' ? Number(message.fields[0]) : [],
    );
    const inOrder = (all: readonly number[]) => all.toSorted((a, b) => a - b).join();
    demand(
      inOrder(numbers) === inOrder(this.#counted),
      'life',
      () => `${this.#counted.length} counts came to the ledger as [${numbers.join()}]`,
    );
    for (const [path, journal] of journals) if (path.startsWith('/life/actor-')) checkJournal(journal);
  }

  // ── One operation after another ──

  #think() {
    this.#cluster.scheduler.after(exponential(this.#random, THINK), () => {
      if (this.#active) this.#act(() => this.#think());
    });
  }

  #act(done: () => void) {
    const random = this.#random;
    const dice = random.fraction();
    if (dice < 0.35) this.#countOnce(done);
    else if (dice < 0.5) this.#inspect(done);
    else if (dice < 0.58) this.#suspend(done);
    else if (dice < 0.62) this.#stop(done);
    else if (dice < 0.75) this.#resume(done);
    else if (dice < 0.87) this.#upgrade(done);
    else if (dice < 0.93 && this.#lifecycle === 'running') this.#upgradeWhileItWaits(done);
    else if (dice < 0.96 && this.#ledgerRuns && this.#mayWait) this.#suspendLedger(done);
    else if (!this.#ledgerRuns) this.#resumeLedger(done);
    else if (this.#cluster.scheduler.now - this.#born > PURGE_AGE) this.#purge(done);
    else this.#countOnce(done);
  }

  #do(request: Untimed, what: string, isRight: (result: ClientResult) => boolean, done = () => {}) {
    this.#busy++;
    this.#client.ask(request, (result, isFirst) => {
      if (!isFirst) return;
      demand(isRight(result), 'life', () => `${what} of ${this.#actor}, ${this.#lifecycle}: ${told(result)}`);
      done();
      this.#busy--;
    });
  }

  /**
   * A refusal that leaves no mark holds for one attempt: an earlier one may come later. So what is refused
   * here has no effect anyway.
   */
  #tellSuspended(done: () => void) {
    const isRight = (result: ClientResult) => !result.ok && result.code === 'actor-suspended';
    const message = new Variant('Next', []);
    this.#do({ op: 'tell', path: this.#actor, message, id: this.#id() }, 'tell', isRight, done);
  }

  #countOnce(done: () => void) {
    if (this.#lifecycle === 'suspended') return this.#tellSuspended(done);
    const number = this.#nextId;
    const message = new Variant('Count', [LEDGER, number]);
    const isRight = (result: ClientResult) => {
      if (this.#lifecycle === 'stopped') return !result.ok && result.code === 'actor-stopped';
      this.#counted.push(number);
      return result.ok && (result.value as Answered).reply === ++this.#count;
    };
    this.#do({ op: 'ask', path: this.#actor, message, id: this.#id() }, 'count', isRight, done);
  }

  #inspect(done: () => void) {
    const isRight = (result: ClientResult) => {
      if (!result.ok) return false;
      const { state, lifecycle, module } = result.value as Inspected;
      const count = (decodeData(state) as SeqMap).get(this.#program.key) ?? 0;
      return count === this.#count && lifecycle === this.#lifecycle && module === this.#program.hash;
    };
    this.#do({ op: 'inspect', path: this.#actor }, `inspect, ${this.#count} counts`, isRight, done);
  }

  #suspend(done: () => void) {
    const before = this.#lifecycle;
    const isRight = (result: ClientResult) => {
      if (before === 'stopped') return !result.ok && result.code === 'actor-stopped';
      this.#lifecycle = 'suspended';
      return result.ok && (result.value as Suspended).suspended === (before === 'running');
    };
    this.#do({ op: 'suspend', path: this.#actor, id: this.#id() }, 'suspend', isRight, done);
  }

  #stop(done: () => void) {
    const isRight = (result: ClientResult) => {
      if (this.#lifecycle === 'stopped') return !result.ok && result.code === 'actor-stopped';
      this.#lifecycle = 'stopped';
      return result.ok;
    };
    this.#do({ op: 'stop', path: this.#actor, id: this.#id() }, 'stop', isRight, done);
  }

  #resume(done: () => void) {
    const isRight = (result: ClientResult) => {
      this.#lifecycle = 'running';
      return result.ok;
    };
    this.#do({ op: 'resume', path: this.#actor, id: this.#id() }, 'resume', isRight, done);
  }

  #upgrade(done: () => void) {
    if (happens(this.#random, 0.2)) {
      const fails = (result: ClientResult) => !result.ok && result.code === 'migrate-failed';
      return this.#do(
        this.#upgradeTo(this.#other, 'to-nowhere', false),
        'an upgrade that fails',
        fails,
        done,
      );
    }
    const program = happens(this.#random, 0.8) ? this.#other : this.#program;
    const resume = happens(this.#random, 0.3);
    const isRight = (result: ClientResult) => this.#isUpgraded(result, program, resume);
    this.#do(this.#upgradeTo(program, 'migrate', resume), 'upgrade', isRight, done);
  }

  #isUpgraded(result: ClientResult, program: LifeProgram, resume: boolean): boolean {
    if (!result.ok) return false;
    const isOther = program !== this.#program;
    this.#program = program;
    if (resume) this.#lifecycle = 'running';
    const { upgraded, lifecycle } = result.value as Upgraded;
    return upgraded === isOther && lifecycle === this.#lifecycle;
  }

  /** Y3: the consultation ends, by whichever code it began with, or with its ask. */
  #upgradeWhileItWaits(done: () => void) {
    let left = 2;
    const both = () => {
      if (--left === 0) done();
    };
    const message = new Variant('Consult', [LEDGER]);
    const consulted = (result: ClientResult) => result.ok || result.code === 'ask-failed';
    this.#do({ op: 'ask', path: this.#actor, message, id: this.#id() }, 'consult', consulted, both);
    const program = this.#other;
    this.#busy++;
    this.#cluster.scheduler.after(between(this.#random, 0, 300_000), () => {
      const isRight = (result: ClientResult) => this.#isUpgraded(result, program, false);
      this.#do(this.#upgradeTo(program, 'migrate', false), 'upgrade', isRight, both);
      this.#busy--;
    });
  }

  // ── The ledger ──

  #suspendLedger(done: () => void) {
    this.#ledgerRuns = false;
    this.#do({ op: 'suspend', path: LEDGER, id: this.#id() }, 'suspend the ledger', ({ ok }) => ok, done);
  }

  #resumeLedger(done = () => {}) {
    this.#ledgerRuns = true;
    this.#do({ op: 'resume', path: LEDGER, id: this.#id() }, 'resume the ledger', ({ ok }) => ok, done);
  }

  // ── Purge ──

  #purge(done: () => void) {
    const force = this.#lifecycle !== 'stopped';
    const purge = { op: 'purge', path: this.#actor, force, id: this.#id() } as const;
    this.#do(
      purge,
      'purge',
      ({ ok }) => ok,
      () => this.#haunt(done),
    );
  }

  /**
   * Y4: a path where nobody ever lived takes the id of a spawn for something else. Then another actor begins
   * elsewhere.
   */
  #haunt(done: () => void) {
    const [path, id] = [this.#actor, this.#spawnId];
    const begin = () => this.#beginLife(done);
    this.#busy++;
    this.#client.ask(this.#spawn(path, MUTE_WORD, id), (result, isFirst) => {
      if (!isFirst) return;
      // A late attempt at the first spawn may have come between.
      const isFree = result.ok || result.code === 'actor-exists';
      if (isFree) begin();
      else
        this.#do(
          { op: 'inspect', path },
          `nobody lives there, and the id ${id} is known: ${told(result)}`,
          ({ ok }) => ok,
          begin,
        );
      this.#busy--;
    });
  }

  #beginLife(done: () => void) {
    const number = this.#nextId;
    this.#spawnId = this.#id();
    this.#actor = parsePath(`/life/actor-${number}`);
    this.#program = LIFE_PROGRAMS[0];
    this.#lifecycle = 'running';
    this.#count = 0;
    this.#born = this.#cluster.scheduler.now;
    this.#do(this.#spawn(this.#actor, LIFE_WORD, this.#spawnId), 'spawn', ({ ok }) => ok, done);
  }

  // ── Requests ──

  get #other(): LifeProgram {
    return this.#program === LIFE_PROGRAMS[0] ? LIFE_PROGRAMS[1] : LIFE_PROGRAMS[0];
  }

  #upgradeTo({ hash: module }: LifeProgram, migrate: string, resume: boolean): Untimed {
    return { op: 'upgrade', path: this.#actor, module, word: null, migrate, resume, id: this.#id() };
  }

  #spawn(path: ActorPath, word: string, id: string): Untimed {
    const code = { module: LIFE_PROGRAMS[0].hash, target: { word }, captured: [] };
    return { op: 'spawn', path, code, mode: 'durable', newLife: false, id };
  }

  #id(): string {
    return `life-${this.#nextId++}`;
  }
}

/** Y1, Y3. */
function checkJournal({ path, records }: ActorJournal): void {
  let state: SeqMap = SeqMap.empty;
  for (const { kind, sequence, patch, code, message, reply, inputs, upgrade } of records) {
    const before = kind === 'spawned' ? SeqMap.empty : state;
    state = applyPatch(before, patch);
    const program = LIFE_PROGRAMS.find(({ hash }) => hash === code.module);
    const place = `${path} ${sequence}`;
    if (kind === 'upgraded') {
      const from = LIFE_PROGRAMS.find(({ hash }) => hash === upgrade?.from.module);
      const count = before.get(from!.key) ?? 0;
      const isRight = program !== from && equals(state, SeqMap.from<Data>([[program!.key, count]]));
      demand(isRight, 'life', () => `${place}: an upgrade makes ${text(state)} of ${text(before)}`);
    } else if (kind !== 'turn')
      demand(equals(state, before), 'life', () => `${place} ${kind} changes the state`);
    if (!(message instanceof Variant) || message.tag !== 'Consult' || reply === null) continue;
    const asks = inputs?.answers.length;
    const isRight = asks === program?.asks && Number(reply) > 0 === (asks === 1);
    demand(
      isRight,
      'life',
      () => `${place}: a turn asked ${asks} times, its code does ${program?.asks} times`,
    );
  }
}

const text = (state: SeqMap): string => JSON.stringify([...state]);

const told = (result: ClientResult): string =>
  result.ok ? JSON.stringify(result.value) : `${result.code}: ${result.message}`;
