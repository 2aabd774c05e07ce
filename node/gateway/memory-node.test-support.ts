// A node that lives in memory, for tests of the gateway and the command line. Its one behaviour is an
// account.
import { createHash } from 'node:crypto';
import { SeqNodeError } from '../base/errors.ts';
import { groupId, moduleHash, nodeId } from '../base/ids.ts';
import { formatNotation } from '../base/notation.ts';
import { parsePath } from '../base/path.ts';
import { type Data, SeqMap, Variant } from '../base/value.ts';
import type {
  Acknowledgement,
  ActorView,
  AskResult,
  DeadLetterView,
  DepartureView,
  Exchange,
  Exchanged,
  FollowOptions,
  JournalRange,
  JournalRow,
  Lifecycle,
  MessageOptions,
  Module,
  ModuleWord,
  MoveApi,
  NodeApi,
  PurgeOptions,
  QueryOptions,
  QueryResult,
  QueueApi,
  Resumption,
  SpawnOptions,
  Suspension,
  TimerView,
  UpgradeCode,
  Upgraded,
  UpgradeOptions,
  WhyView,
} from '../host/api.ts';
import { MemoryFeed } from './memory-feed.test-support.ts';
import { MemoryMoves } from './memory-moves.test-support.ts';
import { MemoryQueues } from './memory-queues.test-support.ts';

interface Account {
  balance: number;
  sequence: number;
  lifecycle: Lifecycle;
  code: ModuleWord;
  readonly journal: JournalRow[];
}

export interface MemoryNode extends NodeApi {
  /** The event feeds that were opened. */
  readonly feeds: readonly MemoryFeed[];
  /** What the next one gives. */
  nextFeed: MemoryFeed['source'];
  /** Calls that reached the node, in order, as `ask /path (Message)`. */
  readonly calls: string[];
  /**
   * The next calls that change something fail with these errors, one each. `applied` ones take effect first.
   */
  readonly failures: { readonly error: Error; readonly applied: boolean }[];
  /** Resolves all asks for `(Hang)`. */
  release(): void;
  ready: boolean;
  readonly deadLetterViews: DeadLetterView[];
  readonly timerViews: TimerView[];
  /** What `logs` tells, one line an answer. */
  readonly printed: string[];
}

/** What its program would declare. */
const FIELDS = { Balanced: ['balance'], Pair: ['first', 'second'] };
const ACCEPTS = ['(Deposit Int)', '(Withdraw Int)', '(Balance)', '(Hang)', '(Echo Any)'];
const SELF = nodeId('12D3KooWMemory');
const MODE = 'single-fsync';
const SINCE = 1_700_000_000_000;

export function createMemoryNode(): MemoryNode {
  return new Memory();
}

class Memory implements MemoryNode {
  readonly #leaving = new Set<string>();
  readonly calls: string[] = [];
  readonly failures: { readonly error: Error; readonly applied: boolean }[] = [];
  ready = true;
  readonly queues: QueueApi = new MemoryQueues();
  readonly feeds: MemoryFeed[] = [];
  nextFeed: MemoryFeed['source'] = () => undefined;
  readonly moves: MoveApi = new MemoryMoves();
  deadLetterViews: DeadLetterView[] = [];
  timerViews: TimerView[] = [];
  readonly printed: string[] = [];
  readonly #accounts = new Map<string, Account>();
  readonly #modules = new Map<string, Module>();
  readonly #outcomes = new Map<string, { readonly what: string; readonly outcome: Promise<AskResult> }>();
  #hanging: (() => void)[] = [];

  release() {
    for (const resume of this.#hanging) resume();
    this.#hanging = [];
  }

  async ask(path: string, message: Data, options: MessageOptions = {}): Promise<AskResult> {
    this.calls.push(`ask ${path} ${formatNotation(message)}`);
    const result = await this.#once(options, `ask ${path} ${formatNotation(message)}`, () =>
      this.#turn(path, message, true),
    );
    return { ...result, fields: FIELDS };
  }

  async tell(path: string, message: Data, options: MessageOptions = {}): Promise<Acknowledgement> {
    this.calls.push(`send ${path} ${formatNotation(message)}`);
    const what = `send ${path} ${formatNotation(message)}`;
    const { response: _, ...taken } = await this.#once(options, what, () => this.#turn(path, message, false));
    return { acknowledged: true, ...taken };
  }

  exchange({ operation, path, message, options }: Exchange, done: (outcome: Exchanged) => void) {
    this[operation](path, message, options).then(done, done);
  }

  async spawn(path: string, code: ModuleWord, options: SpawnOptions = {}): Promise<Acknowledgement> {
    this.calls.push(`spawn ${path} ${code.word}`);
    const { mode, sequence } = await this.#once(options, `spawn ${path} ${code.word}`, async () => {
      parsePath(path);
      const module = this.#modules.get(code.module);
      if (!module?.behaviours.some(({ word }) => word === code.word))
        throw new SeqNodeError('no-such-module');
      const before = this.#accounts.get(path);
      if (before?.lifecycle === 'running') throw new SeqNodeError('actor-exists');
      if (before !== undefined && !options.newLife) throw new SeqNodeError('actor-ended');
      this.#accounts.set(path, { balance: 0, sequence: 1, lifecycle: 'running', code, journal: [] });
      return { response: true, mode: MODE, sequence: 1 };
    });
    return { acknowledged: true, mode, sequence };
  }

  async supervise(path: string, supervisor: Data): Promise<Acknowledgement> {
    this.calls.push(`supervise ${path} ${formatNotation(supervisor)}`);
    return { acknowledged: true, mode: MODE, sequence: 1 };
  }

  events(options: FollowOptions): MemoryFeed {
    if (options.from === 'broken') throw new SeqNodeError('bad-cursor');
    const feed = new MemoryFeed(options, this.nextFeed);
    this.feeds.push(feed);
    return feed;
  }

  async stop(path: string): Promise<Acknowledgement> {
    const account = this.#find(path);
    account.lifecycle = 'stopped';
    return { acknowledged: true, mode: MODE, sequence: ++account.sequence };
  }

  async resume(path: string): Promise<Resumption> {
    const account = this.#find(path);
    const resumed = account.lifecycle !== 'running';
    account.lifecycle = 'running';
    if (resumed) account.sequence++;
    return { acknowledged: true, mode: MODE, sequence: account.sequence, resumed };
  }

  async suspend(path: string): Promise<Suspension> {
    const account = this.#find(path);
    const suspended = account.lifecycle !== 'suspended';
    account.lifecycle = 'suspended';
    if (suspended) account.sequence++;
    return { acknowledged: true, mode: MODE, sequence: account.sequence, suspended };
  }

  async upgrade(path: string, code: UpgradeCode, options: UpgradeOptions = {}): Promise<Upgraded> {
    this.calls.push(`upgrade ${path} ${code.word ?? 'its word'} by ${options.migrate ?? 'nothing'}`);
    const account = this.#find(path);
    const upgraded = account.code.module !== code.module;
    if (!this.#modules.has(code.module)) throw new SeqNodeError('no-such-module');
    account.code = { module: code.module, word: code.word ?? account.code.word };
    if (upgraded) account.sequence++;
    if (options.resume) account.lifecycle = 'running';
    const { sequence, lifecycle } = account;
    return { acknowledged: true, mode: MODE, sequence, upgraded, lifecycle };
  }

  async purge(path: string, { confirm, force }: PurgeOptions): Promise<Acknowledgement> {
    const { lifecycle, sequence } = this.#find(path);
    if (confirm !== path) throw new SeqNodeError('bad-request', 'What is purged is confirmed by its path.');
    if (lifecycle === 'running' && !force) throw new SeqNodeError('not-ended');
    this.#accounts.delete(path);
    return { acknowledged: true, mode: MODE, sequence };
  }

  async inspect(path: string): Promise<ActorView> {
    const { balance, sequence, lifecycle, code } = this.#find(path);
    return {
      path,
      state: SeqMap.from([['balance', balance]]),
      sequence,
      code: { module: code.module, target: code.word },
      lifecycle,
      since: SINCE,
      waitingSince: null,
      restarts: 0,
      lastFault: null,
      mode: MODE,
      node: SELF,
      nodeName: 'memory',
      shard: groupId(1),
      accepts: ACCEPTS,
      journalReads: false,
      watching: [],
      watchers: 0,
      supervisor: null,
      stashed: 2,
      subscriptions: ['/user/'],
      supervises: null,
      timers: {
        count: 7,
        more: false,
        next: [{ id: 'a-b-1', dueMillis: SINCE, every: { periodMs: 500, missed: 'once' }, to: path }],
      },
    };
  }

  async why(path: string): Promise<WhyView> {
    const { sequence, lifecycle } = this.#find(path);
    const { shard, node, nodeName } = await this.inspect(path);
    const asked = '/user/asked';
    const doing = {
      path,
      lifecycle,
      since: SINCE,
      lastFault: null,
      waits: { for: asked, since: SINCE, atMost: null, ask: 'x.1', sender: '' },
      runs: false,
      mailbox: 2,
      uncommitted: 0,
      outboxes: [{ receiver: asked, messages: 1, putOff: 'overloaded' }],
      paused: false,
      senders: { count: 2, first: ['/user/b', '/user/c'] },
      subscriptions: [{ prefix: '/user/', status: 'caught-up' as const, problem: null, taken: 3 }],
      watchers: 0,
      stashed: 2,
      supervisor: null,
      supervises: null,
      timers: { count: 1, more: false, next: [{ id: 'a-b-1', dueMillis: SINCE, every: null, to: path }] },
      sequence,
      shard,
      node,
      nodeName,
      replicas: [nodeName],
    };
    const away = { path: asked, refused: 'no-such-actor', message: `No actor lives at ${asked}.` };
    const { records } = await this.journal(path, { from: 1, limit: 5 });
    return { chain: [doing, away], records };
  }

  async actors({ prefix, after, limit }: { prefix: string; after?: string; limit: number }) {
    const paths = [...this.#accounts.keys()]
      .sort()
      .filter((path) => path.startsWith(prefix) && (after === undefined || path > after));
    const actors = paths.slice(0, limit).map((path) => {
      const { sequence, lifecycle } = this.#find(path);
      return { path, sequence, lifecycle, since: SINCE, shard: groupId(1), nodeName: 'memory' };
    });
    return { actors, next: paths.length > limit ? actors.at(-1)!.path : null };
  }

  async journal(path: string, { from, limit, backwards }: JournalRange) {
    const { journal } = this.#find(path);
    const records = backwards
      ? journal.filter(({ sequence }) => sequence <= from).reverse()
      : journal.filter(({ sequence }) => sequence >= from);
    return { records: records.slice(0, limit), next: records[limit]?.sequence ?? null };
  }

  async logs(_path: string, { after = '' }: { readonly after?: string } = {}) {
    const answer = this.printed.shift();
    if (answer === undefined) throw new SeqNodeError('no-such-actor');
    return { lines: [{ number: 1, atMillis: 0, text: answer }], next: `${after}+`, nodeName: 'memory' };
  }

  async timers(_path: string, { after, limit }: { readonly after?: string; readonly limit: number }) {
    const from = this.timerViews.findIndex(({ id }) => id === after) + 1;
    const timers = this.timerViews.slice(from, from + limit);
    const isLast = from + limit >= this.timerViews.length;
    return { timers, next: isLast ? null : timers.at(-1)!.id };
  }

  async cancelTimer(_path: string, timer: string) {
    const at = this.timerViews.findIndex(({ id }) => id === timer);
    if (at >= 0) this.timerViews.splice(at, 1);
    return { cancelled: at >= 0 };
  }

  async deadLetters({ after, limit }: { readonly after?: string; readonly limit: number }) {
    const from = this.deadLetterViews.findIndex(({ id }) => id === after) + 1;
    const letters = this.deadLetterViews.slice(from, from + limit);
    const isLast = from + limit >= this.deadLetterViews.length;
    return { letters, next: isLast ? null : letters.at(-1)!.id };
  }

  async deadLetter(id: string) {
    const found = this.deadLetterViews.find((letter) => letter.id === id);
    if (found === undefined) throw new SeqNodeError('no-such-dead-letter');
    return found;
  }

  replayDeadLetter = (id: string) => this.dropDeadLetter(id);

  async dropDeadLetter(id: string) {
    const at = this.deadLetterViews.findIndex((letter) => letter.id === id);
    if (at >= 0) this.deadLetterViews.splice(at, 1);
    return { done: at >= 0 };
  }

  async query({ sql, parameters = [], limit = 2 }: QueryOptions): Promise<QueryResult> {
    if (sql !== 'SELECT ?') throw new SeqNodeError('bad-query', `The query cannot be answered. ${sql}`);
    const row = parameters.map((value) => value);
    return { columns: ['?'], rows: Array.from({ length: limit }, () => row), more: limit < 2 };
  }

  async cluster() {
    return {
      cluster: 'c-memory',
      node: SELF,
      name: 'memory',
      version: '0.1.0',
      members: [
        {
          node: SELF,
          name: 'memory',
          addresses: ['127.0.0.1:7400'],
          liveness: 'alive' as const,
          self: true,
          leaving: false,
          leads: 2,
          replicas: 2,
          healthy: 2,
        },
      ],
      shards: [1, 2].map((shard) => ({
        shard: groupId(shard),
        leader: SELF,
        term: 3,
        voters: [SELF],
        learners: [],
        healthy: [SELF],
        commitIndex: 7,
        mode: MODE as typeof MODE,
      })),
    };
  }

  async deploy({
    entry,
    files,
  }: {
    readonly entry: string;
    readonly files: Readonly<Record<string, string>>;
  }) {
    const source = files[entry]!;
    if (source.includes('syntax error'))
      throw new SeqNodeError('bad-program', `${entry}:1:1: unknown word "syntax".`, {
        diagnostics: [`${entry}:1:1: unknown word "syntax"`],
      });
    const hash = moduleHash(createHash('sha256').update(JSON.stringify(files)).digest('hex'));
    const words = [...source.matchAll(/^: (\S+)/gm)].map(([, word]) => ({ word: word!, accepts: ACCEPTS }));
    const module = { hash, behaviours: words };
    this.#modules.set(hash, module);
    return module;
  }

  async modules() {
    return [...this.#modules.values()];
  }

  async module(hash: string) {
    const known = this.#modules.get(hash);
    if (known === undefined) throw new SeqNodeError('no-such-module');
    const balanced = { type: 'Reply', tag: 'Balanced' };
    const fields = [{ name: 'amount', type: 'Int' }];
    const messages = [{ tag: 'Deposit', fields, answers: [balanced] }];
    const variants = [{ tag: 'Balanced', fields: [{ name: 'balance', type: 'Int' }] }];
    return {
      hash: known.hash,
      unions: [{ name: 'Reply', variants }],
      behaviours: [{ word: 'account', messages }],
    };
  }

  async createToken({ validMs }: { readonly validMs: number }) {
    return { token: `memory-token-${validMs}`, expiresAt: '2030-01-01T00:00:00.000Z' };
  }

  /** Those that are called slow and lonely never leave; any other has left when this is asked again. */
  async removeMember(member: string): Promise<DepartureView> {
    this.calls.push(`remove ${member}`);
    if (member === 'memory')
      throw new SeqNodeError('last-member', 'memory is the last member of the cluster.');
    if (member === 'unknown') throw new SeqNodeError('no-such-member', 'No member is called unknown.');
    if (member.endsWith('slow'))
      return {
        node: nodeId('12D3KooWslow'),
        name: 'slow',
        state: 'leaving',
        waiting: [groupId(2)],
        unaware: [],
      };
    if (member.endsWith('lonely'))
      return {
        node: nodeId('12D3KooWlonely'),
        name: 'lonely',
        state: 'leaving',
        waiting: [],
        unaware: ['n3'],
      };
    const node = nodeId('12D3KooWOther');
    const isAgain = this.#leaving.has(node);
    this.#leaving.add(node);
    if (!isAgain) return { node, name: 'other', state: 'leaving', waiting: [groupId(2)], unaware: [] };
    return { node, name: 'other', state: 'removed', waiting: [], unaware: [] };
  }

  async keepMember(member: string): Promise<DepartureView> {
    this.calls.push(`keep ${member}`);
    this.#leaving.clear();
    return { node: nodeId('12D3KooWOther'), name: 'other', state: 'member', waiting: [], unaware: [] };
  }

  async readiness() {
    return {
      ready: this.ready,
      checks: [{ name: 'shards', ok: this.ready, text: '2 of 2 shards have a leader' }],
    };
  }

  metrics() {
    return '# TYPE seqnode_memory_total counter\nseqnode_memory_total 1\n';
  }

  #find(path: string): Account {
    parsePath(path);
    const account = this.#accounts.get(path);
    if (account === undefined)
      throw new SeqNodeError('no-such-actor', `No actor lives at ${path}.`, { path });
    return account;
  }

  async #once({ id }: MessageOptions, what: string, act: () => Promise<AskResult>): Promise<AskResult> {
    const known = id === undefined ? undefined : this.#outcomes.get(id);
    if (known !== undefined && known.what !== what) throw new SeqNodeError('id-reused');
    if (known !== undefined) return { ...(await known.outcome), replayed: true };
    const failure = this.failures.shift();
    if (failure !== undefined && !failure.applied) throw failure.error;
    const outcome = act();
    if (id !== undefined) this.#outcomes.set(id, { what, outcome });
    await outcome;
    if (failure !== undefined) throw failure.error;
    return outcome;
  }

  async #turn(path: string, message: Data, wantsReply: boolean): Promise<AskResult> {
    const account = this.#find(path);
    if (account.lifecycle === 'stopped') throw new SeqNodeError('actor-stopped');
    if (account.lifecycle === 'suspended') throw new SeqNodeError('actor-suspended');
    if (!(message instanceof Variant)) throw badMessage(message);
    const [field] = message.fields;
    let response: Data = account.balance;
    if (message.tag === 'Hang') await new Promise<void>((resolve) => this.#hanging.push(resolve));
    else if (message.tag === 'Echo' && field !== undefined) response = field;
    else if (message.tag === 'Fault') throw new TypeError('a secret of the implementation');
    else if (message.tag === 'Deposit' && typeof field === 'number') response = account.balance += field;
    else if (message.tag === 'Withdraw' && typeof field === 'number') response = account.balance -= field;
    else if (message.tag !== 'Balance') throw badMessage(message);
    const sequence = ++account.sequence;
    account.journal.push({
      sequence,
      kind: 'turn',
      term: 3,
      atMillis: 1_700_000_000_000,
      message,
      events: [message],
      set: [['balance', account.balance]],
      removed: [],
      reply: wantsReply ? response : null,
      code: `${account.code.module.slice(0, 8)} ${account.code.word}`,
      origin: null,
      upgrade: null,
    });
    return { response, mode: MODE, sequence };
  }
}

function badMessage(message: Data): SeqNodeError {
  return new SeqNodeError('bad-message', `${formatNotation(message)} is none of ${ACCEPTS.join(' ')}.`, {
    accepts: ACCEPTS,
  });
}
