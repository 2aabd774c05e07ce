// A node by itself, above the simulator's store, with a log that answers at once: for tests of what actors
// do. Everything about failures, networks and time is the simulator's job.

import { DiskFaults } from '../../../sim/disk-faults.ts';
import { SimKeyValues } from '../../../sim/key-values.ts';
import { type Call, SimStore, type StoreClock } from '../../../sim/sim-store.ts';
import { decodeData } from '../../base/codec.ts';
import { type ActorPath, type GroupId, moduleHash, nodeId } from '../../base/ids.ts';
import type { RecoveredGroup } from '../../base/log.ts';
import { parseNotation } from '../../base/notation.ts';
import { parsePath } from '../../base/path.ts';
import { SeededRandom } from '../../base/random.ts';
import type { Data } from '../../base/value.ts';
import { shardOf } from '../../cluster/placement.ts';
import { JournalCheck } from '../../journal/journal-check.ts';
import { GroupKeys, groupRows, type KeyRange, WHOLE_STORE } from '../../journal/keys.ts';
import { LogState } from '../../journal/log-state.ts';
import type { Reply } from '../../journal/store/store-messages.ts';
import type { StoreOp } from '../../journal/store-port.ts';
import { decodeDeadLetter } from '../../runtime/dead-letters.ts';
import type { ActorMode } from '../../runtime/envelope.ts';
import { supervisorCode } from '../../runtime/lifecycle/supervisor-behaviour.ts';
import type { SupervisorSpec } from '../../runtime/lifecycle/supervisor-spec.ts';
import { groupRowsOf, metaItemRange, metaItemsOf } from '../groups/recovered.ts';
import { NodeCore } from '../node-core.ts';
import type { DeadLetterPage, Inspected, JournalPage } from '../requests/results.ts';
import { ROW_READERS } from '../row-readers.ts';
import type {
  ClientRequest,
  ClientResult,
  CoreLimits,
  Effect,
  Input,
  KeyValue,
  Recovered,
  Space,
} from '../types.ts';

export const LIMITS: CoreLimits = {
  mailboxMessages: 1000,
  mailboxBytes: 4 * 1024 * 1024,
  messageBytes: 64 * 1024,
  stateBytes: 1024 * 1024,
  outboxMessages: 100,
  outboxWaiting: 1000,
  outboxBytes: 4 * 1024 * 1024,
  deadLetters: 1000,
  deadLetterBytes: 4 * 1024 * 1024,
  leaseMarks: 1000,
  residentActors: 1000,
  residentBytes: 64 * 1024 * 1024,
  turnReductions: 100_000,
  sliceReductions: 10_000,
  askTimeoutMs: 5000,
  restarts: 3,
  restartPeriodMs: 5000,
  snapshotRecords: 10,
  snapshotBytes: 64 * 1024,
  logEntries: 1000,
  logBytes: 1024 * 1024,
  logTotalBytes: 8 * 1024 * 1024,
};

const AT_ONCE: StoreClock = {
  gather: (post) => post(),
  work: (_requests, handle, answer) => {
    handle();
    answer();
  },
};

/** As if rows were large: every reader of more meets pages. */
const PAGE_ROWS_MAX = 3;

type WithoutTimeout<R> = R extends ClientRequest ? Omit<R, 'timeoutMs'> : never;

export interface UpgradeOptions {
  readonly word?: string;
  readonly migrate?: string;
  readonly resume?: boolean;
  readonly id?: string;
}

export class LoneNode {
  core: NodeCore;
  readonly #rows = new SimKeyValues(new DiskFaults(new SeededRandom(1)));
  readonly #store = new SimStore(this.#rows, AT_ONCE);
  /** The ranges that were scanned, from the newest start on. */
  scans: KeyRange[] = [];
  readonly #limits: CoreLimits;
  readonly #shards: number;
  readonly #log = new LogState();
  /** Up to which entry the log of each group was cut. */
  readonly logStarts = new Map<GroupId, number>();
  /** How often a log was cut although the store held something that was not flushed. */
  unflushedCuts = 0;
  #isFlushed = true;
  /** Writes to the log, so far. */
  writes = 0;
  /** While the disk is held: what it would have answered. */
  #unanswered: Input[] | undefined;
  readonly logs: (Effect & { kind: 'log' })[] = [];
  readonly #results = new Map<number, ClientResult>();
  #now = 1_000_000;
  #nextRequest = 1;

  /** `stored`: what another node left. */
  constructor(
    shards = 2,
    limits: Partial<CoreLimits> = {},
    stored?: { readonly rows: readonly KeyValue[]; readonly groups: readonly RecoveredGroup[] },
  ) {
    this.#shards = shards;
    this.#limits = { ...LIMITS, ...limits };
    if (stored !== undefined) {
      this.#write(stored.rows.map(([key, value]) => ({ kind: 'put', key, value })));
      for (const { snapshot, ...rest } of stored.groups)
        this.#log.apply({ ...rest, snapshot: { ...snapshot, discard: true } });
      this.core = this.#recover();
      this.pass(4000);
      return;
    }
    this.core = this.#start(true, { groups: [], rows: [], metaItems: [], position: 0 });
    this.pass(4000);
  }

  #start(create: boolean, recovered: Recovered): NodeCore {
    const self = { node: nodeId('n1'), name: 'n1', addresses: ['127.0.0.1:1'] };
    const options = {
      self,
      cluster: { id: 'test', shards: this.#shards, replicas: 3 },
      roster: { index: 0, peers: [] },
      create,
      random: new SeededRandom(1),
      tickMillis: 100,
      heartbeatTicks: 1,
      electionTicks: 10,
      limits: this.#limits,
    };
    return new NodeCore(options, recovered, this.#time());
  }

  /** Begins anew from what is stored, as after the end of the process. */
  restart(): void {
    this.core = this.#recover();
    this.pass(4000);
  }

  #recover(): NodeCore {
    const rows = groupRowsOf(this.rows(groupRows()));
    const metaItems = metaItemsOf(this.rows(metaItemRange(rows)!));
    this.scans = [];
    return this.#start(false, { groups: this.#log.groups(), rows, metaItems, position: 0 });
  }

  /** The log of each group, as it would be found after the end of the process. */
  logGroups(): readonly RecoveredGroup[] {
    return this.#log.groups();
  }

  /** The key of a row of the actor at `path`. */
  keyOf(path: string, keyIn: (keys: GroupKeys, path: ActorPath) => Uint8Array): Uint8Array {
    return keyIn(new GroupKeys(shardOf(path as ActorPath, this.#shards), 1), path as ActorPath);
  }

  /** The rows of a range, in the order of their keys. */
  rows(range = WHOLE_STORE): readonly KeyValue[] {
    return this.#rows.rowsIn(range);
  }

  row(key: Uint8Array): Uint8Array {
    const { values } = this.#call({ kind: 'get', keys: [key] }, 'values');
    if (values[0] === undefined) throw new Error('there is no such row');
    return values[0];
  }

  /** Puts other bytes in the place of a row, and returns what it held. */
  damage(key: Uint8Array, bytes: Uint8Array = Uint8Array.of(0xc1)): Uint8Array {
    const before = this.row(key);
    this.#write([{ kind: 'put', key, value: bytes }]);
    return before;
  }

  erase(key: Uint8Array): void {
    this.#write([{ kind: 'delete', key }]);
  }

  /** What `journal verify` would say of the store. */
  verify(): string[] {
    const check = new JournalCheck(ROW_READERS);
    for (const [key, value] of this.rows(groupRows())) check.groupRow(key, value, undefined);
    for (const row of this.rows()) check.row(...row);
    check.finish();
    return check.problems.map(({ where, reason }) => `${where}: ${reason}`);
  }

  /** A message from its notation. */
  static message(text: string): Data {
    return parseNotation(text);
  }

  get now(): number {
    return this.#now;
  }

  #time() {
    return { now: this.#now, wall: 1_700_000_000_000 + this.#now };
  }

  disk(space: Space): void {
    this.#feed({ kind: 'disk', space });
  }

  /** From now on nothing that is written to the log becomes durable, until `releaseDisk`. */
  holdDisk(): void {
    this.#unanswered = [];
  }

  releaseDisk(): void {
    const answers = this.#unanswered ?? [];
    this.#unanswered = undefined;
    for (const answer of answers) this.#feed(answer);
  }

  /** Lets `ms` pass, tick by tick. */
  pass(ms: number): void {
    for (let at = 0; at < ms; at += 50) {
      this.#now += 50;
      this.#feed({ kind: 'tick' });
      while (this.core.hasWork) this.#feed({ kind: 'run' });
    }
  }

  /** Time goes on while the process does nothing. */
  skip(ms: number): void {
    this.#now += ms;
  }

  #feed(input: Input): void {
    const inputs: Input[] = [input];
    for (let next = inputs.shift(); next !== undefined; next = inputs.shift()) {
      for (const effect of this.core.step([next], this.#time())) {
        const answer = this.#carryOut(effect);
        if (answer !== undefined) inputs.push(answer);
      }
    }
  }

  #carryOut(effect: Effect): Input | undefined {
    switch (effect.kind) {
      case 'persist':
        this.writes++;
        for (const write of effect.writes) {
          this.#log.apply(write);
          if (write.snapshot === undefined) continue;
          this.logStarts.set(write.group, write.snapshot.index);
          if (!this.#isFlushed) this.unflushedCuts++;
        }
        if (this.#unanswered === undefined) return { kind: 'persisted', id: effect.id, position: 0 };
        this.#unanswered.push({ kind: 'persisted', id: effect.id, position: 0 });
        return undefined;
      case 'flush':
        this.#isFlushed = true;
        return { kind: 'flushed', id: effect.id };
      case 'store':
        this.#isFlushed = false;
        this.#write(effect.ops);
        return undefined;
      case 'get': {
        const { values } = this.#call({ kind: 'get', keys: effect.keys }, 'values');
        return { kind: 'got', id: effect.id, values };
      }
      case 'scan': {
        this.scans.push(effect);
        const { from, to, limit, view = null } = effect;
        const range = { from, to, limit: Math.min(limit, PAGE_ROWS_MAX) };
        const { found } = this.#call({ kind: 'scan', range, view }, 'scanned');
        return { kind: 'scanned', id: effect.id, found };
      }
      case 'open-view':
      case 'close-view':
        this.#call({ kind: effect.kind, view: effect.view }, 'done');
        return undefined;
      case 'respond':
        this.#results.set(effect.id, effect.result);
        return undefined;
      case 'log':
        this.logs.push(effect);
        return undefined;
      case 'halt':
        throw new Error(effect.message);
      default:
        return undefined;
    }
  }

  #write(ops: readonly StoreOp[]): void {
    this.#call({ kind: 'write', sync: true, ops }, 'done');
  }

  #call<K extends Reply['kind']>(call: Call, kind: K): Extract<Reply, { kind: K }> {
    let reply: Reply | undefined;
    this.#store.call(call, (each) => {
      reply = each;
    });
    if (reply?.kind !== kind)
      throw new Error(reply?.kind === 'fault' ? reply.message : 'the store gave no answer');
    return reply as Extract<Reply, { kind: K }>;
  }

  /** Begins a request; `result` tells its result once it is there. */
  begin(request: WithoutTimeout<ClientRequest>): number {
    const id = this.submit(request);
    while (this.core.hasWork) this.slice();
    return id;
  }

  /** Hands a request in; what it does to actors waits for `slice`. */
  submit(request: WithoutTimeout<ClientRequest>): number {
    const id = this.#nextRequest++;
    this.#feed({ kind: 'request', id, request: { ...request, timeoutMs: 5000 } as ClientRequest });
    return id;
  }

  /** Lets actors run for one slice. */
  slice(): void {
    this.#feed({ kind: 'run' });
  }

  result(id: number): ClientResult | undefined {
    return this.#results.get(id);
  }

  request(request: WithoutTimeout<ClientRequest>): ClientResult {
    const id = this.begin(request);
    for (let at = 0; at < 200 && !this.#results.has(id); at++) this.pass(50);
    const result = this.#results.get(id);
    if (result === undefined) throw new Error(`${request.op} was never answered`);
    return result;
  }

  deploy(source: string, hash = 'aa'): void {
    const result = this.request({
      op: 'deploy',
      hash: moduleHash(hash),
      bundle: { entry: 'm.seq', files: { 'm.seq': source } },
    });
    if (!result.ok) throw new Error(result.message);
  }

  spawn(
    path: string,
    word: string,
    mode: ActorMode = 'durable',
    { hash = 'aa', newLife = false, journalReads = false } = {},
  ): ClientResult {
    const code = { module: moduleHash(hash), target: { word }, captured: [] };
    const id = `spawn-${this.#nextRequest}`;
    const request = { op: 'spawn', path: parsePath(path), code, mode, newLife, id } as const;
    return this.request(journalReads ? { ...request, journalReads } : request);
  }

  /** Starts a supervisor as a client would that may capture values. */
  supervise(path: string, spec: SupervisorSpec, newLife = false): ClientResult {
    const id = `spawn-${this.#nextRequest}`;
    const code = supervisorCode(spec);
    return this.request({ op: 'spawn', path: parsePath(path), code, mode: 'durable', newLife, id });
  }

  stop(path: string, id = `stop-${this.#nextRequest}`): ClientResult {
    return this.request({ op: 'stop', path: parsePath(path), id });
  }

  resume(path: string, id = `resume-${this.#nextRequest}`): ClientResult {
    return this.request({ op: 'resume', path: parsePath(path), id });
  }

  suspend(path: string, id = `suspend-${this.#nextRequest}`): ClientResult {
    return this.request({ op: 'suspend', path: parsePath(path), id });
  }

  purge(path: string, { force = false, id = `purge-${this.#nextRequest}` } = {}): ClientResult {
    return this.request({ op: 'purge', path: parsePath(path), force, id });
  }

  upgrade(path: string, hash: string, options: UpgradeOptions = {}): ClientResult {
    const { word = null, migrate = null, resume = false, id = `upgrade-${this.#nextRequest}` } = options;
    const module = moduleHash(hash);
    return this.request({ op: 'upgrade', path: parsePath(path), module, word, migrate, resume, id });
  }

  tell(path: string, message: string, id = `tell-${this.#nextRequest}`): ClientResult {
    return this.request({ op: 'tell', path: parsePath(path), message: parseNotation(message), id });
  }

  ask(path: string, message: string, id = `ask-${this.#nextRequest}`): ClientResult {
    return this.request({ op: 'ask', path: parsePath(path), message: parseNotation(message), id });
  }

  /** The reply to an ask; throws if there was none. */
  reply(path: string, message: string, id?: string): Data {
    const result = this.ask(path, message, id);
    if (!result.ok) throw new Error(`${result.code}: ${result.message}`);
    return (result.value as { reply: Data }).reply;
  }

  /** The whole journal of an actor, page by page. */
  journal(path: string): Uint8Array[] {
    const records: Uint8Array[] = [];
    for (let from: number | null = 1; from !== null; ) {
      const result = this.request({ op: 'journal', path: parsePath(path), from, limit: 100 });
      if (!result.ok) throw new Error(`${result.code}: ${result.message}`);
      const page = result.value as JournalPage;
      records.push(...page.records);
      from = page.next;
    }
    return records;
  }

  /** The dead letters in the shard of the actor at `path`. */
  deadLetters(path: string) {
    const group = shardOf(path as ActorPath, this.#shards);
    const result = this.request({ op: 'dead-letters', group, from: 1, limit: 100 });
    if (!result.ok) throw new Error(`${result.code}: ${result.message}`);
    return (result.value as DeadLetterPage).letters.map(({ bytes }) => decodeDeadLetter(bytes));
  }

  inspect(path: string): Inspected & { readonly data: Data } {
    const result = this.request({ op: 'inspect', path: parsePath(path) });
    if (!result.ok) throw new Error(`${result.code}: ${result.message}`);
    const inspected = result.value as Inspected;
    return { ...inspected, data: decodeData(inspected.state) };
  }
}

/** The result as a repeat of its request gets it. */
export function replayed(result: ClientResult): ClientResult {
  if (!result.ok) return { ...result, details: { ...result.details, replayed: true } };
  return { ok: true, value: { ...(result.value as object), replayed: true } };
}
