// The node's API over its core: checks what a client gives, makes requests of it, and reads the answers.

import { randomUUID } from 'node:crypto';
import { decodeData } from '../base/codec.ts';
import { checkData, MODULE_BYTES_MAX, messageLimit } from '../base/data-limits.ts';
import { type ErrorCode, SeqNodeError } from '../base/errors.ts';
import { type GroupId, groupId, type NodeId } from '../base/ids.ts';
import { resolveAddress } from '../base/path.ts';
import type { Data } from '../base/value.ts';
import { utf8Length } from '../base/value-text.ts';
import type * as core from '../core/requests/results.ts';
import type { Answered, Inspected, Taken } from '../core/requests/results.ts';
import type { ClientRequest, ClientResult } from '../core/types.ts';
import { loadModule, messageForms, type Program } from '../runtime/behaviour.ts';
import { supervisorCode } from '../runtime/lifecycle/supervisor-behaviour.ts';
import { readSpec } from '../runtime/lifecycle/supervisor-spec.ts';
import type {
  Acknowledgement,
  ActorPage,
  ActorRow,
  ActorView,
  AskResult,
  ClusterView,
  DepartureView,
  EventFeed,
  Exchange,
  Exchanged,
  FollowOptions,
  JournalPage,
  JournalRange,
  MessageOptions,
  Module,
  ModuleView,
  ModuleWord,
  NodeApi,
  PurgeOptions,
  QueryOptions,
  QueryResult,
  Readiness,
  ReadOptions,
  Resumption,
  SpawnOptions,
  SuperviseOptions,
  Suspension,
  TimerPage,
  UpgradeCode,
  Upgraded,
  UpgradeOptions,
  WhyView,
} from './api.ts';
import { findDeadLetter, listDeadLetters, orderDeadLetter } from './dead-letters.ts';
import { followEvents } from './events.ts';
import type { ModuleText } from './export-api.ts';
import { journalRow } from './journal-row.ts';
import { hashModule } from './module-hash.ts';
import { Moves } from './moves.ts';
import { Queues } from './queues.ts';
import { errorOf } from './request-table.ts';
import type { Telemetry } from './telemetry.ts';
import { timerView } from './timers.ts';
import { createJoinToken, formatJoinToken, hashSecret } from './token.ts';
import { followWaits } from './why.ts';

export interface NodeApiParts {
  /** The cluster's id. */
  readonly cluster: string;
  /** The members of the cluster, this node first. */
  members(): readonly NodeId[];
  /** The largest message that is taken. */
  readonly messageBytesMax: number;
  readonly telemetry: Telemetry;
  /** `done` is called once, maybe before this returns. */
  submit(request: ClientRequest, done: (result: ClientResult) => void): void;
  /** `states`: of each shard what its leader says, or why nobody does. */
  clusterView(states: ReadonlyMap<GroupId, core.GroupState | ErrorCode>): ClusterView;
  readonly shards: number;
  modules(): readonly Module[];
  /** Undefined where this node knows none of this hash, or none that compiles. */
  program(hash: string): Program | undefined;
  /** Its source, in the same cases. */
  moduleText(hash: string): ModuleText | undefined;
  readiness(): Readiness;
  metrics(): string;
  /** Gives undefined where the node keeps no projection. */
  query?(options: QueryOptions): Promise<QueryResult> | undefined;
}

export const TIMEOUT_MS_DEFAULT = 5000;
/** A shard that is quiet for so long is shown as one without a majority. */
const STATE_TIMEOUT_MS = 2000;
/** Reads are tried for so long before a minority answers that it is one. */
const READ_TIMEOUT_MS = 5000;
const ID_LENGTH_MAX = 128;
const ID = /^[\x21-\x7e]{1,128}$/;
const ROWS_MAX = 1000;
/** Records that `why` shows. */
const RECORDS_SHOWN = 5;

export class HostApi implements NodeApi {
  readonly #parts: NodeApiParts;
  readonly queues: Queues;
  readonly moves: Moves;

  readonly #sender = <T>(request: ClientRequest) => this.#send<T>(request);

  constructor(parts: NodeApiParts) {
    this.#parts = parts;
    this.moves = new Moves({
      cluster: parts.cluster,
      shards: parts.shards,
      modules: () => parts.modules().map(({ hash }) => hash),
      moduleText: (hash) => parts.moduleText(hash),
      send: (request) => this.#send(request),
    });
    this.queues = new Queues({
      messageBytesMax: parts.messageBytesMax,
      send: (request) => this.#send(request),
      inspect: (path, options) => this.inspect(path, options),
      actors: (options) => this.actors(options),
    });
  }

  tell(path: string, message: Data, options?: MessageOptions): Promise<Acknowledgement> {
    return this.#attempt(() => this.#message('tell', path, message, options), acknowledgement);
  }

  ask(path: string, message: Data, options?: MessageOptions): Promise<AskResult> {
    return this.#attempt(() => this.#message('ask', path, message, options), askResult);
  }

  exchange({ operation, path, message, options }: Exchange, done: (outcome: Exchanged) => void): void {
    let request: ClientRequest;
    try {
      request = this.#message(operation, path, message, options);
    } catch (error) {
      return done(error as Error);
    }
    this.#submit(request, (result) => {
      if (!result.ok) done(errorOf(result));
      else if (operation === 'ask') done(askResult(result.value as Answered));
      else done(acknowledgement(result.value as Taken));
    });
  }

  spawn(path: string, code: ModuleWord, options?: SpawnOptions): Promise<Acknowledgement> {
    const { mode = 'durable', newLife = false, journalReads = false } = options ?? {};
    const behaviour = { module: code.module, target: { word: code.word }, captured: [] };
    const request = (): ClientRequest => {
      const { id, timeoutMs } = checked(options);
      if (journalReads && mode === 'volatile')
        throw new SeqNodeError('bad-request', 'A volatile actor has no journal for its reads.');
      const spawn = {
        op: 'spawn',
        path: resolveAddress(path),
        code: behaviour,
        mode,
        newLife,
        id,
        timeoutMs,
      } as const;
      return journalReads ? { ...spawn, journalReads } : spawn;
    };
    return this.#attempt(request, acknowledgement);
  }

  supervise(path: string, supervisor: Data, options?: SuperviseOptions): Promise<Acknowledgement> {
    const request = (): ClientRequest => ({
      ...checked(options),
      op: 'spawn',
      path: resolveAddress(path),
      code: supervisorCode(readSpec(supervisor)),
      mode: 'durable',
      newLife: options?.newLife ?? false,
    });
    return this.#attempt(request, acknowledgement);
  }

  stop(path: string, options?: MessageOptions): Promise<Acknowledgement> {
    return this.#attempt(() => order('stop', path, options), acknowledgement);
  }

  suspend(path: string, options?: MessageOptions): Promise<Suspension> {
    return this.#attempt(
      () => order('suspend', path, options),
      (taken: Taken & core.Suspended) => ({ ...acknowledgement(taken), suspended: taken.suspended }),
    );
  }

  resume(path: string, options?: MessageOptions): Promise<Resumption> {
    return this.#attempt(
      () => order('resume', path, options),
      (taken: Taken & core.Resumed) => ({ ...acknowledgement(taken), resumed: taken.resumed }),
    );
  }

  upgrade(path: string, code: UpgradeCode, options?: UpgradeOptions): Promise<Upgraded> {
    const { migrate = null, resume = false } = options ?? {};
    const { module, word = null } = code;
    const request = (): ClientRequest => {
      const { id, timeoutMs } = checked(options);
      return { op: 'upgrade', path: resolveAddress(path), module, word, migrate, resume, id, timeoutMs };
    };
    return this.#attempt(request, (taken: Taken & core.Upgraded) => {
      const { upgraded, lifecycle } = taken;
      return { ...acknowledgement(taken), upgraded, lifecycle };
    });
  }

  purge(path: string, options: PurgeOptions): Promise<Acknowledgement> {
    const { confirm, force = false } = options;
    const request = (): ClientRequest => {
      const { id, timeoutMs } = checked(options);
      const actor = resolveAddress(path);
      if (confirm !== actor) {
        const message = `What is purged is gone for good: confirm ${actor} by its whole path.`;
        throw new SeqNodeError('bad-request', message, { field: 'confirm' });
      }
      return { op: 'purge', path: actor, force, id, timeoutMs };
    };
    return this.#attempt(request, acknowledgement);
  }

  async inspect(path: string, options: ReadOptions = {}): Promise<ActorView> {
    const found = await this.#read<Inspected>({ op: 'inspect', path: resolveAddress(path) }, options);
    const { module, target, ...rest } = found;
    return {
      ...rest,
      code: { module: module as ModuleWord['module'], target },
      state: decodeData(found.state),
      node: found.node as ActorView['node'],
      shard: found.shard as ActorView['shard'],
    };
  }

  async why(path: string, options: ReadOptions = {}): Promise<WhyView> {
    const parsed = resolveAddress(path);
    const { timeoutMs = READ_TIMEOUT_MS } = options;
    const chain = await followWaits((request) => this.#read<core.Doing>(request, options), parsed, timeoutMs);
    const [first] = chain;
    const sequence = first !== undefined && 'sequence' in first ? first.sequence : 0;
    const from = Math.max(1, sequence - RECORDS_SHOWN + 1);
    const { records } = await this.journal(path, { ...options, from, limit: RECORDS_SHOWN });
    return { chain, records };
  }

  async actors(
    options: ReadOptions & { readonly prefix: string; readonly after?: string; readonly limit: number },
  ): Promise<ActorPage> {
    const { prefix, after = '' } = options;
    const request = { op: 'actors', prefix, after, limit: rowLimit(options.limit) } as const;
    const { actors, next } = await this.#read<core.ActorPage>(request, options);
    return { actors: actors.map((row) => ({ ...row, shard: row.shard as ActorRow['shard'] })), next };
  }

  async journal(path: string, options: ReadOptions & JournalRange): Promise<JournalPage> {
    const limit = rowLimit(options.limit);
    const parsed = resolveAddress(path);
    const { from, backwards } = options;
    const request = { op: 'journal', path: parsed, from, limit, ...(backwards && { backwards }) } as const;
    const { records, next } = await this.#read<core.JournalPage>(request, options);
    return { records: records.map((bytes) => journalRow(parsed, bytes)), next };
  }

  logs(path: string, options: ReadOptions & { readonly after?: string } = {}): Promise<core.PrintedPage> {
    return this.#read({ op: 'logs', path: resolveAddress(path), after: options.after ?? '' }, options);
  }

  async timers(
    path: string,
    options: ReadOptions & { readonly after?: string; readonly limit: number },
  ): Promise<TimerPage> {
    const { after = '', limit } = options;
    const request = { op: 'timers', path: resolveAddress(path), after, limit: rowLimit(limit) } as const;
    const { timers, next } = await this.#read<core.TimerPage>(request, options);
    return { timers: timers.map(({ id, bytes }) => timerView(id, bytes)), next };
  }

  events(options: FollowOptions): EventFeed {
    const { cluster: id, shards } = this.#parts;
    return followEvents({ id, shards }, options, (request, done) => this.#parts.submit(request, done));
  }

  query(options: QueryOptions): Promise<QueryResult> {
    return this.#parts.query?.(options) ?? Promise.reject(new SeqNodeError('no-projection'));
  }

  cancelTimer(path: string, timer: string): Promise<core.TimerCancelled> {
    const request = { op: 'cancel-timer', path: resolveAddress(path), timer } as const;
    return this.#send({ ...request, timeoutMs: TIMEOUT_MS_DEFAULT });
  }

  deadLetters(options: ReadOptions & { readonly after?: string; readonly limit: number }) {
    const { after, limit, timeoutMs = READ_TIMEOUT_MS } = options;
    return listDeadLetters(this.#sender, this.#parts.shards, after, rowLimit(limit), timeoutMs);
  }

  deadLetter(id: string, { timeoutMs = READ_TIMEOUT_MS }: ReadOptions = {}) {
    return findDeadLetter(this.#sender, this.#parts.shards, id, timeoutMs);
  }

  async replayDeadLetter(id: string) {
    return orderDeadLetter(this.#sender, this.#parts.shards, 'replay-dead-letter', id, TIMEOUT_MS_DEFAULT);
  }

  async dropDeadLetter(id: string) {
    return orderDeadLetter(this.#sender, this.#parts.shards, 'drop-dead-letter', id, TIMEOUT_MS_DEFAULT);
  }

  /** Each shard is asked by itself, wherever it is led. */
  cluster(): Promise<ClusterView> {
    const { shards, submit, clusterView } = this.#parts;
    const states = new Map<GroupId, core.GroupState | ErrorCode>();
    return new Promise((resolve, reject) => {
      const took = (group: GroupId, result: ClientResult) => {
        states.set(group, result.ok ? (result.value as core.GroupState) : result.code);
        if (states.size < shards) return;
        try {
          resolve(clusterView(states));
        } catch (error) {
          reject(error);
        }
      };
      for (let shard = 1; shard <= shards; shard++) {
        const group = groupId(shard);
        submit({ op: 'group-state', group, timeoutMs: STATE_TIMEOUT_MS }, (result) => took(group, result));
      }
    });
  }

  async deploy(bundle: {
    readonly entry: string;
    readonly files: Readonly<Record<string, string>>;
  }): Promise<Module> {
    checkSource(bundle);
    const hash = hashModule(bundle);
    const program = loadModule(hash, bundle);
    await this.#send<null>({ op: 'deploy', hash, bundle, timeoutMs: TIMEOUT_MS_DEFAULT });
    return moduleOf(hash, program);
  }

  async modules(): Promise<readonly Module[]> {
    return this.#parts.modules();
  }

  async module(hash: string): Promise<ModuleView> {
    const program = this.#parts.program(hash);
    if (program === undefined)
      throw new SeqNodeError('no-such-module', `This node knows no module ${JSON.stringify(hash)}.`);
    return { hash: hash as ModuleView['hash'], ...program.interface() };
  }

  async createToken({
    validMs,
  }: {
    readonly validMs: number;
  }): Promise<{ token: string; expiresAt: string }> {
    if (!Number.isSafeInteger(validMs) || validMs < 1)
      throw new SeqNodeError('bad-request', 'A token must be valid for a positive number of milliseconds.');
    const token = createJoinToken(this.#parts.cluster, this.#parts.members());
    const expiresAt = Date.now() + validMs;
    const secretHash = hashSecret(token.secret);
    await this.#send<null>({ op: 'token', secretHash, expiresAt, timeoutMs: TIMEOUT_MS_DEFAULT });
    return { token: formatJoinToken(token), expiresAt: new Date(expiresAt).toISOString() };
  }

  removeMember(member: string): Promise<DepartureView> {
    return this.#send({ op: 'remove-node', member, timeoutMs: TIMEOUT_MS_DEFAULT });
  }

  keepMember(member: string): Promise<DepartureView> {
    return this.#send({ op: 'keep-node', member, timeoutMs: TIMEOUT_MS_DEFAULT });
  }

  async readiness(): Promise<Readiness> {
    return this.#parts.readiness();
  }

  metrics(): string {
    return this.#parts.metrics();
  }

  #message(op: 'tell' | 'ask', path: string, message: Data, options?: MessageOptions): ClientRequest {
    const { id, timeoutMs } = checked(options);
    checkData(message, 'message', messageLimit(this.#parts.messageBytesMax));
    return { op, path: resolveAddress(path), message, id, timeoutMs };
  }

  /** What is wrong with the request, when `make` throws it, rejects like any other failure. */
  #attempt<T, R>(make: () => ClientRequest, read: (value: T) => R): Promise<R> {
    try {
      return this.#track(make(), read);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #track<T, R>(request: ClientRequest, read: (value: T) => R): Promise<R> {
    return new Promise((resolve, reject) => {
      this.#submit(request, (result) => {
        if (result.ok) resolve(read(result.value as T));
        else reject(errorOf(result));
      });
    });
  }

  /** Measures a request from here to its outcome. */
  #submit(request: ClientRequest, done: (result: ClientResult) => void): void {
    const { telemetry } = this.#parts;
    const startedAt = performance.now();
    this.#parts.submit(request, (result) => {
      telemetry.count(request.op, result.ok ? 'ok' : result.code, performance.now() - startedAt);
      done(result);
    });
  }

  #send<T>(request: ClientRequest): Promise<T> {
    return this.#track(request, same<T>);
  }

  #read<T>(request: WithoutTimeout, { timeoutMs = READ_TIMEOUT_MS }: ReadOptions): Promise<T> {
    return this.#send({ ...request, timeoutMs } as ClientRequest);
  }
}

const same = <T>(value: T): T => value;

const acknowledgement = ({ mode, sequence, read, replayed, leader }: Taken): Acknowledgement => ({
  acknowledged: true,
  mode,
  sequence,
  ...(read && { read }),
  ...(replayed && { replayed }),
  ...(leader && { leader }),
});

const askResult = ({ reply, fields, mode, sequence, read, replayed, leader }: Answered): AskResult => ({
  response: reply,
  ...(fields && { fields }),
  mode,
  sequence,
  ...(read && { read }),
  ...(replayed && { replayed }),
  ...(leader && { leader }),
});

type Reads = Extract<ClientRequest, { op: 'inspect' | 'why' | 'logs' | 'journal' | 'actors' | 'timers' }>;
type WithoutTimeout = Reads extends infer R ? (R extends Reads ? Omit<R, 'timeoutMs'> : never) : never;

/** A module with the words that fit a behaviour, and what each of them accepts. */
export function moduleOf(hash: Module['hash'], program: Program): Module {
  const behaviours = program.behaviours.map(({ name }) => ({
    word: name,
    accepts: messageForms(program.behaviourOf(name)?.messageType),
  }));
  return { hash, behaviours };
}

function checked(options: MessageOptions = {}): { readonly id: string; readonly timeoutMs: number } {
  const { id = randomUUID(), timeoutMs = TIMEOUT_MS_DEFAULT } = options;
  if (!ID.test(id))
    throw new SeqNodeError(
      'bad-request',
      `An id has 1 to ${ID_LENGTH_MAX} printable ASCII characters without spaces.`,
      {
        limit: ID_LENGTH_MAX,
      },
    );
  if (!Number.isSafeInteger(timeoutMs) || timeoutMs < 1)
    throw new SeqNodeError('bad-request', 'The time-out must be a positive number of milliseconds.');
  return { id, timeoutMs };
}

function order(op: 'stop' | 'suspend' | 'resume', path: string, options?: MessageOptions): ClientRequest {
  const { id, timeoutMs } = checked(options);
  return { op, path: resolveAddress(path), id, timeoutMs };
}

/** The registry holds a module as one entry of its log. */
function checkSource({ files }: { readonly files: Readonly<Record<string, string>> }): void {
  let bytes = 0;
  for (const [name, text] of Object.entries(files)) bytes += utf8Length(name) + utf8Length(text);
  if (bytes <= MODULE_BYTES_MAX) return;
  const message = `The files of the module take ${bytes} bytes; at most ${MODULE_BYTES_MAX} are allowed.`;
  throw new SeqNodeError('too-large', message, { bytes, limit: MODULE_BYTES_MAX });
}

function rowLimit(limit: number): number {
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new SeqNodeError('bad-request', 'The limit must be a positive integer.');
  return Math.min(limit, ROWS_MAX);
}
