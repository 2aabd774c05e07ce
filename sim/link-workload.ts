// A client of actors that are linked, fail, stop and are resumed, and of one that looks for them, and for one
// that is purged and registered again. It does one thing after another, but for what races with the links, so
// that a model says what lives, who is linked with whom, and what the one that traps ends was told.
//
// K1 whoever fails takes along all that are linked to it, once each, and nobody else, whatever became of its
//    nodes; an end in good order takes nobody along.
// K2 an actor that traps ends is told once of each end of a link, and goes on.
// K3 a link has both sides or none, and is gone from both once one of them has ended.
// K4 an actor is found where it lives, and nobody where none does; what a turn found, it finds again.
import { decodeData } from '../node/base/codec.ts';
import type { ActorPath } from '../node/base/ids.ts';
import { parsePath } from '../node/base/path.ts';
import { type Data, type SeqMap, Variant } from '../node/base/value.ts';
import type { Answered, Inspected } from '../node/core/requests/results.ts';
import type { ClientResult } from '../node/core/types.ts';
import { happens, pick, shuffled } from './chance.ts';
import type { ActorJournal } from './history-checker.ts';
import type { Untimed } from './insistent-client.ts';
import { LINK_WORD } from './link-program.ts';
import { PacedWorkload } from './paced-workload.ts';
import { demand } from './violation.ts';
import { WATCH_WORD } from './watch-program.ts';

const MORTAL = ['/link/a', '/link/b', '/link/c'].map(parsePath);
const TRAP = parsePath('/link/trap');
const SEEKER = parsePath('/link/seeker');
const NAME = 'sought';
const NAMED = parsePath(`/name/${NAME}`);
const ALL = [...MORTAL, TRAP];
/** Mean virtual microseconds between two operations. */
const THINK = 300_000;
const LOOK = 300_000;
/** With as many at once, an actor has failed too often, unless its clock is set meanwhile. */
const FALLS = 5;

type Life = 'running' | 'failed' | 'stopped';

/** What the client knows. */
class Links {
  readonly lives = new Map<ActorPath, Life>(ALL.map((path) => [path, 'running']));
  readonly #pairs = new Set<string>();
  readonly failures = new Map<ActorPath, number>(ALL.map((path) => [path, 0]));
  told = 0;

  partnersOf(path: ActorPath): ActorPath[] {
    return ALL.filter((other) => this.#pairs.has(keyOf(path, other)));
  }

  tie(path: ActorPath, other: ActorPath): void {
    const life = this.lives.get(other);
    if (life === 'running') this.#pairs.add(keyOf(path, other));
    else if (path === TRAP) this.told++;
    else if (life === 'failed') this.fails(path);
  }

  untie(path: ActorPath, other: ActorPath): void {
    this.#pairs.delete(keyOf(path, other));
  }

  fails(path: ActorPath): void {
    this.failures.set(path, this.failures.get(path)! + 1);
    for (const partner of this.#ends(path, 'failed')) this.#hears(partner, (mortal) => this.fails(mortal));
  }

  stops(path: ActorPath): void {
    for (const partner of this.#ends(path, 'stopped')) this.#hears(partner, () => undefined);
  }

  #ends(path: ActorPath, life: Life): ActorPath[] {
    const partners = this.partnersOf(path);
    for (const partner of partners) this.untie(path, partner);
    this.lives.set(path, life);
    return partners;
  }

  #hears(partner: ActorPath, mortal: (path: ActorPath) => void): void {
    if (partner === TRAP) this.told++;
    else if (this.lives.get(partner) === 'running') mortal(partner);
  }
}

const keyOf = (one: ActorPath, other: ActorPath) => [one, other].sort().join(' ');

export class LinkWorkload extends PacedWorkload {
  protected readonly pause = THINK;
  readonly #links = new Links();
  #namedLives = false;
  #settled = true;
  /** What is not yet as it shall be. */
  #seen = '';
  #found = 0;
  #nextId = 1;

  /** Creates the actors; to be called on a cluster that is whole and has the program. */
  prepare(): void {
    const spawn = (path: ActorPath): Untimed => {
      const word = path === TRAP ? WATCH_WORD : LINK_WORD;
      const code = { module: this.module, target: { word }, captured: [] };
      return { op: 'spawn', path, code, mode: 'durable', newLife: false, id: this.#id() };
    };
    this.create([...ALL, SEEKER].map(spawn), 'are linked');
  }

  override get isDone(): boolean {
    return super.isDone && this.#settled;
  }

  get unsettled(): string {
    return `linked actors: ${this.#seen}`;
  }

  /** Actors that failed, with whatever failed because of them. */
  get failures(): number {
    return this.#links.failures.values().reduce((sum, each) => sum + each, 0);
  }

  /** How often somebody was looked for, and an answer came. */
  get found(): number {
    return this.#found;
  }

  /** K1, K2, of the journals that all replicas agree on. */
  check(journals: ReadonlyMap<ActorPath, ActorJournal>): void {
    for (const path of ALL) {
      const records = journals.get(path)?.records ?? [];
      const failed = records.filter(({ kind }) => kind === 'failed').length;
      const wanted = this.#links.failures.get(path);
      demand(failed === wanted, 'links', () => `${path} failed ${failed} times, not ${wanted}`);
      const told = records.filter(
        ({ message }) => message instanceof Variant && message.tag === 'Terminated',
      ).length;
      const due = path === TRAP ? this.#links.told : 0;
      demand(told === due, 'links', () => `${path} was told of ${told} ends, not ${due}`);
    }
  }

  // What an order leaves behind at the other side of a link takes its time, and only an end may race with it.
  protected act(done: () => void): void {
    this.#settled = false;
    const then = () => this.#look(done);
    const dice = this.random.fraction();
    const [path, other] = shuffled(this.random, MORTAL) as [ActorPath, ActorPath];
    if (dice < 0.2) return this.#find(pick(this.random, [...ALL, NAMED]), then);
    if (dice < 0.3) return this.#turnOverNamed(then);
    if (this.#links.lives.get(path) !== 'running')
      return this.#order({ op: 'resume', path, id: this.#id() }, () => {
        this.#links.lives.set(path, 'running');
        then();
      });
    if (dice < 0.38) return this.#stop(path, then);
    if (dice < 0.46) return this.#fail(path, then);
    // What a failed actor has under way to one that does not run is seen by nobody, and takes effect once
    // that one is resumed.
    const raced = happens(this.random, 0.4) && ALL.every((each) => this.#links.lives.get(each) === 'running');
    if (dice < 0.6) return this.#untie(path, other, raced ? () => this.#failOneOf(path, other, then) : then);
    const side = happens(this.random, 0.3) ? TRAP : path;
    const whom = side === path && happens(this.random, 0.2) ? TRAP : other;
    this.#tie(side, whom, raced ? () => this.#failOneOf(side, whom, then) : then);
  }

  #tie(path: ActorPath, other: ActorPath, then: () => void): void {
    this.#tell(path, path === TRAP ? 'Clasp' : 'Tie', [other], () => {
      this.#links.tie(path, other);
      then();
    });
  }

  #untie(path: ActorPath, other: ActorPath, then: () => void): void {
    this.#tell(path, 'Untie', [other], () => {
      this.#links.untie(path, other);
      then();
    });
  }

  /** One of those that are mortal and live. */
  #failOneOf(path: ActorPath, other: ActorPath, then: () => void): void {
    const living = [path, other].filter((each) => each !== TRAP && this.#links.lives.get(each) === 'running');
    if (living.length === 0) return then();
    this.#fail(pick(this.random, living), then);
  }

  #stop(path: ActorPath, then: () => void): void {
    this.#order({ op: 'stop', path, id: this.#id() }, () => {
      this.#links.stops(path);
      then();
    });
  }

  /** Which fault is one too many depends on clocks: until it has failed. */
  #fail(path: ActorPath, then: () => void): void {
    let open = FALLS;
    const fallen = () => {
      if (--open > 0) return;
      this.client.ask({ op: 'inspect', path }, (result, isFirst) => {
        if (!isFirst) return;
        const { lifecycle } = inspected(result, path);
        if (lifecycle !== 'failed') return this.#fail(path, then);
        this.#links.fails(path);
        then();
      });
    };
    const message = new Variant<Data>('Fall', []);
    for (let at = 0; at < FALLS; at++)
      this.client.ask({ op: 'tell', path, message, id: this.#id() }, (result, isFirst) => {
        const isRight = !result.ok && (result.code === 'turn-failed' || result.code === 'actor-stopped');
        demand(isRight, 'links', () => `a message that faults, to ${path}: ${told(result)}`);
        if (isFirst) fallen();
      });
  }

  // ── Who lives where ──

  #turnOverNamed(then: () => void): void {
    if (this.#namedLives)
      return this.#order({ op: 'purge', path: NAMED, force: true, id: this.#id() }, () => {
        this.#namedLives = false;
        then();
      });
    this.#ask(SEEKER, 'Name', NAME, (reply) => {
      demand(reply === NAMED, 'whereis', () => `what was registered as ${NAME} is at ${String(reply)}`);
      this.#namedLives = true;
      then();
    });
  }

  /** K4. The time of the question may be up before it is answered. */
  #find(path: ActorPath, then: () => void): void {
    const lives = path === NAMED ? this.#namedLives : this.#links.lives.get(path) === 'running';
    this.#ask(SEEKER, 'Find', path === NAMED ? NAME : path, (reply) => {
      if (reply !== undefined) {
        this.#found++;
        const due = lives ? path : 'nobody';
        demand(reply === due, 'whereis', () => `at ${path} is ${String(reply)}, not ${due}`);
      }
      then();
    });
  }

  /** Undefined where no answer came in time. A later answer to the same message is the same. */
  #ask(path: ActorPath, tag: string, field: string, then: (reply: Data | undefined) => void): void {
    const message = new Variant<Data>(tag, [field]);
    let first: Data | undefined;
    this.client.ask({ op: 'ask', path, message, id: this.#id() }, (result, isFirst) => {
      const isRight = result.ok || result.code === 'ask-failed';
      demand(isRight, 'whereis', () => `${tag} ${field}: ${told(result)}`);
      const reply = result.ok ? (result.value as Answered).reply : undefined;
      if (!isFirst)
        return demand(reply === first, 'whereis', () => `${tag} ${field}: ${String(reply)} after ${first}`);
      first = reply;
      then(reply);
    });
  }

  // ── Until all is as the model says ──

  /** K1, K2, K3 */
  #look(done: () => void): void {
    const left = [...ALL];
    const next = (): void => {
      const path = left.pop();
      if (path === undefined) {
        this.#settled = true;
        return done();
      }
      this.client.ask({ op: 'inspect', path }, (result, isFirst) => {
        if (!isFirst) return;
        const problem = this.#problemOf(path, inspected(result, path));
        if (problem === undefined) return next();
        this.#seen = `${path}: ${problem}`;
        this.cluster.scheduler.after(LOOK, () => this.#look(done));
      });
    };
    next();
  }

  #problemOf(path: ActorPath, { lifecycle, watching, watchers, state }: Inspected): string | undefined {
    const life = this.#links.lives.get(path);
    // Nothing but what the model knows of ends anybody.
    const mayFail = life === 'failed' || lifecycle !== 'failed';
    demand(mayFail, 'links', () => `${path} is failed; it should be ${life}`);
    if (lifecycle !== life) return `${lifecycle}, not ${life}`;
    const partners = this.#links.partnersOf(path);
    const linked = `${watching.toSorted().join()} and ${watchers} watchers`;
    const due = `${partners.toSorted().join()} and ${partners.length} watchers`;
    if (linked !== due) return `${linked}, not ${due}`;
    if (path !== TRAP) return undefined;
    const heard = Number((decodeData(state) as SeqMap).get('told') ?? 0);
    demand(heard <= this.#links.told, 'links', () => `told of ${heard} ends, not ${this.#links.told}`);
    return heard === this.#links.told ? undefined : `told of ${heard} ends, not ${this.#links.told}`;
  }

  // ── Requests ──

  #tell(path: ActorPath, tag: string, fields: Data[], then: () => void): void {
    this.#order({ op: 'tell', path, message: new Variant<Data>(tag, fields), id: this.#id() }, then);
  }

  #order(request: Untimed, then: () => void): void {
    this.client.ask(request, (result, isFirst) => {
      demand(result.ok, 'links', () => `${request.op} of ${request.path}: ${told(result)}`);
      if (isFirst) then();
    });
  }

  #id(): string {
    return `link-${this.#nextId++}`;
  }
}

function inspected(result: ClientResult, path: ActorPath): Inspected {
  demand(result.ok, 'links', () => `inspect of ${path}: ${told(result)}`);
  return result.value as Inspected;
}

const told = (result: ClientResult): string =>
  result.ok ? JSON.stringify(result.value) : `${result.code}: ${result.message}`;
