// Clients of a simulated cluster. They send to any node, give up on an answer after a while, try again with
// the same id at another node, and repeat what was answered already, on purpose. Some give their requests no
// id: what they lose sight of they leave alone, and what they are told was not done must never be.
import { decodeData } from '../node/base/codec.ts';
import { type ActorPath, type ModuleHash, moduleHash } from '../node/base/ids.ts';
import { parsePath } from '../node/base/path.ts';
import type { Random } from '../node/base/random.ts';
import { type Data, equals, Variant } from '../node/base/value.ts';
import { shardOf } from '../node/cluster/placement.ts';
import type { ActorPage, Answered, Inspected, JournalPage, Taken } from '../node/core/requests/results.ts';
import type { ClientRequest, ClientResult } from '../node/core/types.ts';
import { decodeRecord } from '../node/journal/journal-record.ts';
import type { SourceBundle } from '../node/seq/index.ts';
import { ACCOUNT_WORD, ACCOUNTS_BUNDLE } from './accounts-program.ts';
import { between, exponential, fork, happens, pick } from './chance.ts';
import type { CallOutcome, Cluster } from './cluster.ts';
import { SHARDS } from './core-factory.ts';
import {
  History,
  isRetryable,
  type Operation,
  type OperationKind,
  type Outcome,
  saysNothingDone,
} from './history.ts';
import type { SimNode } from './sim-node.ts';
import { demand, Violation } from './violation.ts';

export interface WorkloadOptions {
  readonly module: ModuleHash;
  readonly clients: number;
  readonly accounts: number;
  /** Volatile actors that take notes. */
  readonly notes: readonly ActorPath[];
  /** Mean virtual microseconds that a client thinks between two operations. */
  readonly think: number;
}

const SECOND = 1_000_000;
/**
 * Attempts after which a client goes on to something else and leaves the operation to be tried in the
 * background.
 */
const PATIENCE = 3;

export class Workload {
  readonly history = new History();
  readonly #cluster: Cluster;
  readonly #options: WorkloadOptions;
  readonly #random: Random;
  readonly #paths: ActorPath[] = [];
  /** Those that were acknowledged as deployed. */
  readonly #modules: ModuleHash[] = [];
  #deployments = 0;
  #openDeployments = 0;
  readonly #moduleOf = new Map<ActorPath, ModuleHash>();
  #active = false;
  #nextId = 1;
  /** The highest sequence number that anybody was told of, per actor, for reads that begin later. */
  readonly #told = new Map<ActorPath, number>();

  constructor(cluster: Cluster, options: WorkloadOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.#random = fork(cluster.random);
  }

  /** Deploys the program and creates the accounts; to be called on a cluster that is whole. */
  prepare(): void {
    const { module, accounts } = this.#options;
    let deployed = false;
    this.#deploy(module, ACCOUNTS_BUNDLE, () => (deployed = true));
    this.#cluster.runFor(30 * SECOND, () => deployed);
    demand(deployed, 'progress', () => 'the program was not deployed');
    for (let number = 1; number <= accounts; number++) this.#spawn(parsePath(`/bank/account-${number}`));
    this.#cluster.runFor(30 * SECOND, () => this.history.open.length === 0);
    demand(this.history.open.length === 0, 'progress', () => 'the accounts were not created');
    for (const { path } of this.history.operations) this.#paths.push(path);
  }

  /** The accounts that there are from the start. */
  get accounts(): readonly ActorPath[] {
    return this.#paths.slice(0, this.#options.accounts);
  }

  begin(): void {
    this.#active = true;
    for (let client = 0; client < this.#options.clients; client++) this.#think(client);
  }

  /** No new operations; those under way go on. */
  stop(): void {
    this.#active = false;
  }

  get isDone(): boolean {
    return !this.#active && this.history.open.length === 0 && this.#openDeployments === 0;
  }

  /** Asks until it is acknowledged: from then on every node runs the module. */
  #deploy(hash: ModuleHash, bundle: SourceBundle, done: () => void) {
    this.#openDeployments++;
    const ask = () =>
      this.#cluster.call(this.#anyNode(), { op: 'deploy', hash, bundle, timeoutMs: 5_000 }, (outcome) => {
        if (outcome !== 'lost' && !outcome.ok && !isRetryable(outcome.code))
          throw new Violation(
            'refused',
            `the module ${hash} was refused: ${outcome.code}: ${outcome.message}`,
          );
        if (outcome === 'lost' || !outcome.ok) {
          this.#cluster.scheduler.after(200_000, ask);
          return;
        }
        this.#openDeployments--;
        this.#modules.push(hash);
        done();
      });
    ask();
  }

  /** The program anew, which says the same by another name. */
  #deployAnew(done: () => void) {
    const number = (++this.#deployments).toString(16).padStart(4, '0');
    const files = Object.entries(ACCOUNTS_BUNDLE.files).map(([name, text]) => [name, `# ${number}\n${text}`]);
    const bundle = { ...ACCOUNTS_BUNDLE, files: Object.fromEntries(files) as SourceBundle['files'] };
    this.#deploy(moduleHash(`${number}${this.#options.module.slice(number.length)}`), bundle, done);
  }

  #spawn(path: ActorPath) {
    this.#start('spawn', path, undefined, () => {});
  }

  /** A member, or now and then a node that was removed and does not know. */
  #anyNode(): SimNode {
    const { members, retired } = this.#cluster;
    return pick(this.#random, retired.size > 0 && happens(this.#random, 0.1) ? [...retired] : members);
  }

  /**
   * Clients that read keep to the leader that they have known longest: now and then one that is none any
   * more, having slept, or being cut off. What it says then must not be older than what others were told
   * meanwhile.
   */
  #nodeFor({ message, path }: Operation): SimNode {
    if (!(message instanceof Variant) || message.tag !== 'Balance' || happens(this.#random, 0.3))
      return this.#anyNode();
    const group = shardOf(path, SHARDS);
    const leaders = this.#cluster.members
      .filter(({ isDown }) => !isDown)
      .flatMap((node) => {
        const view = node.views.find((each) => each.group === group && each.role === 'leader');
        return view === undefined ? [] : [{ node, term: view.term }];
      });
    const [oldest] = leaders.sort((a, b) => a.term - b.term);
    return oldest?.node ?? this.#anyNode();
  }

  // ---- clients ----

  #think(client: number) {
    this.#cluster.scheduler.after(exponential(this.#random, this.#options.think), () => {
      if (this.#active) this.#act(client);
    });
  }

  #act(client: number) {
    const random = this.#random;
    const path = pick(random, this.#paths);
    const other = pick(random, this.#paths);
    const dice = random.fraction();
    const again = () => this.#think(client);
    if (happens(random, 0.4)) this.#look(path);
    if (dice < 0.22) this.#start('inspect', path, undefined, again);
    else if (dice < 0.225) this.#deployAnew(again);
    else if (dice < 0.24) this.#newAccount(again);
    else if (dice < 0.26)
      this.#start('ask', path, new Variant('Open', [`/bank/opened-${this.#nextId}`]), again);
    else if (dice < 0.45) this.#start('tell', path, new Variant('Deposit', [between(random, 1, 100)]), again);
    else if (dice < 0.65) this.#start('ask', path, new Variant('Deposit', [between(random, 1, 100)]), again);
    else if (dice < 0.75) this.#start('ask', path, new Variant('Withdraw', [between(random, 1, 150)]), again);
    else if (dice < 0.8) this.#start('ask', path, new Variant('Balance', []), again);
    else if (dice < 0.84 && other !== path) this.#start('ask', path, new Variant('Survey', [other]), again);
    else if (dice < 0.88)
      this.#start('ask', path, new Variant('Notify', [pick(random, this.#options.notes)]), again);
    else if (dice < 0.89)
      this.#start('ask', path, new Variant('Consult', [pick(random, this.#options.notes)]), again);
    else {
      const kind = happens(random, 0.5) ? 'tell' : 'ask';
      this.#start(kind, path, new Variant('Transfer', [between(random, 1, 60), other, this.#nextId]), again);
    }
  }

  /**
   * The journal and the listing are as new as an inspection would be. Who is not answered does not ask again.
   */
  #look(path: ActorPath) {
    const floor = this.#told.get(path) ?? 0;
    if (floor === 0) return;
    const request: ClientRequest = happens(this.#random, 0.5)
      ? { op: 'journal', path, from: floor, limit: 1, timeoutMs: 3_000 }
      : { op: 'actors', prefix: path, after: '', limit: 1, timeoutMs: 3_000 };
    this.#cluster.call(this.#anyNode(), request, (answer) => {
      if (answer === 'lost' || !answer.ok) return;
      const seen =
        request.op === 'journal'
          ? (answer.value as JournalPage).records.map((bytes) => decodeRecord(bytes).sequence)[0]
          : (answer.value as ActorPage).actors.find((row) => row.path === path)?.sequence;
      demand(
        seen !== undefined && seen >= floor,
        'stale-read',
        () => `${request.op} shows ${path} at ${seen} after ${floor} was acknowledged`,
      );
    });
  }

  #newAccount(done: () => void) {
    const path = parsePath(`/bank/late-${this.#nextId}`);
    this.#start('spawn', path, undefined, () => {
      done();
    });
  }

  // ---- one operation ----

  /** `free` is called once the client may go on: when the operation is done, or when it lost patience. */
  #start(kind: OperationKind, path: ActorPath, message: Data | undefined, free: () => void) {
    const { scheduler } = this.#cluster;
    const operation = this.history.begin(kind, `op-${this.#nextId++}`, path, message, scheduler.now);
    if (kind === 'spawn') this.#moduleOf.set(path, pick(this.#random, this.#modules));
    const floor = this.#told.get(path) ?? 0;
    let isFree = false;
    const release = () => {
      if (isFree) return;
      isFree = true;
      free();
    };
    if (kind !== 'inspect' && this.#active && happens(this.#random, 0.2))
      return this.#attemptOnce(operation, floor, release);
    this.#attempt(operation, floor, release);
    // Impatient clients ask two nodes at once.
    if (kind !== 'inspect' && happens(this.#random, 0.08)) this.#attempt(operation, floor, release);
  }

  #attempt(operation: Operation, floor: number, release: () => void) {
    const { scheduler } = this.#cluster;
    operation.attempts++;
    const timeoutMs = pick(this.#random, [400, 1_000, 3_000, 8_000]);
    let settled = false;
    const again = () => {
      if (settled) return;
      settled = true;
      if (operation.outcome !== undefined) return;
      if (operation.attempts >= PATIENCE) release();
      const pause =
        operation.attempts < PATIENCE
          ? between(this.#random, 10_000, 300_000)
          : between(this.#random, 300_000, 2 * SECOND);
      scheduler.after(pause, () => {
        if (operation.outcome === undefined) this.#attempt(operation, floor, release);
      });
    };
    const request = this.#request(operation, timeoutMs);
    this.#cluster.call(this.#nodeFor(operation), request, (answer) => {
      this.#checkModule(operation, answer);
      const outcome = readOutcome(operation, answer);
      if (outcome === undefined) return again();
      settled = true;
      const isFirst = this.#complete(operation, outcome, floor);
      if (isFirst && operation.kind !== 'inspect' && happens(this.#random, 0.12))
        this.#repeatLater(operation);
      release();
    });
    // The client's own patience, for a node that never answers.
    scheduler.after((timeoutMs + 500) * 1_000, again);
  }

  /**
   * A client that gives no id cannot ask again: the node that takes the request makes one, of which it never
   * hears.
   */
  #attemptOnce(operation: Operation, floor: number, release: () => void) {
    const timeoutMs = pick(this.#random, [400, 1_000, 3_000, 8_000]);
    operation.attempts++;
    const giveUp = () => {
      operation.abandoned ||= operation.outcome === undefined;
      release();
    };
    this.#cluster.call(this.#nodeFor(operation), this.#request(operation, timeoutMs), (answer) => {
      if (operation.abandoned) return;
      const outcome = readOutcome(operation, answer);
      if (outcome !== undefined) this.#complete(operation, outcome, floor);
      else if (answer !== 'lost' && !answer.ok && saysNothingDone(answer.code))
        operation.outcome = { ok: false, code: answer.code, message: answer.message };
      giveUp();
    });
    this.#cluster.scheduler.after((timeoutMs + 500) * 1_000, giveUp);
  }

  #request(operation: Operation, timeoutMs: number): ClientRequest {
    const { kind, path, id } = operation;
    if (kind === 'inspect') return { op: 'inspect', path, timeoutMs };
    if (kind === 'spawn') {
      const module = this.#moduleOf.get(path) as ModuleHash;
      const code = { module, target: { word: ACCOUNT_WORD }, captured: [] };
      return { op: 'spawn', path, code, mode: 'durable', newLife: false, id, timeoutMs };
    }
    return { op: kind, path, message: operation.message as Data, id, timeoutMs };
  }

  /** Whether it was open. */
  #complete(operation: Operation, outcome: Outcome, floor: number): boolean {
    const { scheduler, trace } = this.#cluster;
    if (operation.outcome !== undefined) {
      if (!isEarlierRead(outcome, operation.outcome)) this.#checkRepeat(operation, outcome);
      return false;
    }
    operation.outcome = outcome;
    operation.completedAt = scheduler.now;
    trace.note(
      'cli',
      () => `${operation.id} ${operation.kind} ${operation.path} done ${JSON.stringify(outcome)}`,
    );
    if (outcome.ok) {
      if (operation.kind === 'spawn' && !this.#paths.includes(operation.path) && this.#active)
        this.#paths.push(operation.path);
      if (outcome.read)
        demand(
          outcome.sequence >= floor,
          'stale-read',
          () =>
            `${operation.id} read ${operation.path} at ${outcome.sequence} after ${floor} was acknowledged`,
        );
      this.#told.set(operation.path, Math.max(outcome.sequence, this.#told.get(operation.path) ?? 0));
      // Another client sees what the first was told.
      if (this.#active && !outcome.read && happens(this.#random, 0.3))
        this.#start('ask', operation.path, new Variant('Balance', []), () => {});
    }
    return true;
  }

  /** An actor runs the module with which it was spawned, however many came later. */
  #checkModule({ kind, path }: Operation, answer: CallOutcome) {
    const spawned = this.#moduleOf.get(path);
    if (kind !== 'inspect' || spawned === undefined || answer === 'lost' || !answer.ok) return;
    const { module } = answer.value as Inspected;
    demand(module === spawned, 'module', () => `${path} runs ${module}, and was spawned with ${spawned}`);
  }

  /**
   * A repeat of what took effect gets the same answer, however late; one of a read may be answered by a newer
   * state, or take effect.
   */
  #repeatLater(operation: Operation) {
    const { scheduler } = this.#cluster;
    const delay = happens(this.#random, 0.5)
      ? between(this.#random, 0, SECOND)
      : between(this.#random, SECOND, 40 * SECOND);
    scheduler.after(delay, () => {
      if (!this.#active) return;
      const { outcome } = operation;
      // The id of what was only read is still free.
      if (outcome?.ok && !outcome.read && happens(this.#random, 0.3)) return this.#reuseId(operation);
      operation.attempts++;
      this.#cluster.call(this.#anyNode(), this.#request(operation, 1_000), (answer) => {
        const outcome = readOutcome(operation, answer);
        if (outcome !== undefined) this.#checkRepeat(operation, outcome);
      });
    });
  }

  /**
   * A client by mistake gives something else the id of what took effect: it is told so, and nothing happens.
   */
  #reuseId({ path, id }: Operation) {
    const request = {
      op: 'tell',
      path,
      message: new Variant('Deposit', [1_000_003]),
      id,
      timeoutMs: 1_000,
    } as const;
    this.#cluster.call(this.#anyNode(), request, (answer) => {
      if (answer === 'lost' || (!answer.ok && (answer.code === 'id-reused' || isRetryable(answer.code))))
        return;
      throw new Violation('exactly-once', `${id} was taken for something else: ${JSON.stringify(answer)}`);
    });
  }

  #checkRepeat(operation: Operation, outcome: Outcome) {
    const first = operation.outcome as Outcome;
    if (first.ok && first.read) return;
    const same =
      first.ok && outcome.ok
        ? first.sequence === outcome.sequence &&
          !outcome.read &&
          (operation.kind !== 'ask' || equals(first.reply as Data, outcome.reply as Data))
        : first.ok === outcome.ok;
    if (!same)
      throw new Violation(
        'exactly-once',
        `${operation.id} was answered ${JSON.stringify(first)}, and its repeat ${JSON.stringify(outcome)}`,
      );
  }
}

/**
 * Whether a copy of a message that was sent before `first` was heard, was served before it, and changed
 * nothing: it left no mark, so another copy was free to take effect.
 */
function isEarlierRead(copy: Outcome, first: Outcome): boolean {
  return copy.ok && copy.read === true && first.ok && !first.read && copy.sequence < first.sequence;
}

const ASKING: ReadonlySet<string> = new Set(['Survey', 'Consult']);

/** What an answer decides, or undefined when the client has to try again. */
function readOutcome(operation: Operation, answer: CallOutcome): Outcome | undefined {
  if (answer === 'lost') return undefined;
  if (!answer.ok) return readRefusal(operation, answer);
  const { sequence, reply, state, read = false } = answer.value as Taken & Answered & Inspected;
  if (operation.kind === 'ask') return { ok: true, sequence, reply, read };
  if (operation.kind === 'inspect') return { ok: true, sequence, reply: decodeData(state), read: true };
  return { ok: true, sequence, reply: undefined, read };
}

function readRefusal(operation: Operation, answer: ClientResult & { ok: false }): Outcome | undefined {
  if (isRetryable(answer.code)) return undefined;
  // These fail with the ask that they make: the other actor may be out of reach for a while.
  const asks = operation.message instanceof Variant && ASKING.has(operation.message.tag);
  if (answer.code === 'ask-failed' && asks) return { ok: false, code: answer.code, message: answer.message };
  throw new Violation(
    'refused',
    `${operation.id} ${operation.kind} ${operation.path} was refused: ${answer.code}: ${answer.message}`,
  );
}
