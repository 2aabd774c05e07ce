// Client requests on the node that received them: each is sent to the leader of its group, and retried with
// the same id, until it is answered or times out.
//
// Invariants
//  Q1  Each request is answered once.
//  Q2  A request that is abandoned, or whose last attempt was not accepted, is `outcome-unknown` if any
//      attempt was not answered or had begun: it may have an effect.
//  Q3  It is abandoned before its timeout only once this node and every node linked with it reported within
//      the last second that none of them can lead the group: then no path leads to a node that could serve
//      it.
//  Q4  A read is the answer only if no other attempt may yet take effect. So an attempt that follows an
//      unanswered one always leaves a mark.
import { type ErrorCode, SeqNodeError } from '../../base/errors.ts';
import { type GroupId, groupId, META_GROUP, type Millis, type NodeId } from '../../base/ids.ts';
import { NumberedTable } from '../../base/numbered-table.ts';
import { shardOf } from '../../cluster/placement.ts';
import type { Frame } from '../../cluster/wire.ts';
import type { StepContext } from '../step-context.ts';
import type { ClientRequest, ClientResult } from '../types.ts';
import { type Answer, type Attempt, readAnswer, requestTree } from './codec.ts';
import type { ActorPage, Taken } from './results.ts';
import type { Routes } from './routes.ts';

export interface RouterOwner {
  readonly routes: Routes;
  /** Nodes that are linked with this one. */
  linked(): Iterable<NodeId>;
  /** See Answer, of this node. */
  isHopeless(group: GroupId): boolean;
  /** Serves records from a replica of this node, if it has one that may; else nothing happens. */
  readHere(
    request: ClientRequest & { op: 'events' | 'applied-index' },
    done: (result: ClientResult) => void,
  ): boolean;
  /** Serves a request on this node. */
  serve(group: GroupId, attempt: Attempt, done: (answer: Answer) => void): void;
}

interface Open {
  id: number;
  readonly group: GroupId;
  readonly request: ClientRequest;
  readonly done: (result: ClientResult) => void;
  readonly deadline: Millis;
  /** The node that was asked last, while its answer is due. */
  asked: NodeId | undefined;
  retryAt: Millis;
  attempts: number;
  /** Attempts that may have taken effect without this node knowing. */
  uncertain: readonly number[];
  /** When each node last said that the group is hopeless. */
  hopeless: Map<NodeId, Millis> | undefined;
}

const NO_ATTEMPTS: readonly number[] = [];
const RETRY_MS = 50;
const ATTEMPT_MS = 1000;
/** Of the time of a request that may wait at its leader, what is left for all else. */
const WAIT_LEFT_MS = 2000;
/** What a node said of a group counts for so long. */
const HOPELESS_MS = 1000;

export class Router {
  readonly #context: StepContext;
  readonly #owner: RouterOwner;
  readonly #open: NumberedTable<Open>;

  /**
   * `firstId` differs between processes, so that a late answer to an earlier one is not taken for an answer
   * to this.
   */
  constructor(context: StepContext, owner: RouterOwner, firstId: number) {
    this.#context = context;
    this.#owner = owner;
    this.#open = new NumberedTable(firstId);
  }

  get size(): number {
    return this.#open.size;
  }

  submit(request: ClientRequest, done: (result: ClientResult) => void): void {
    const isOfOrder = request.op === 'events' || request.op === 'applied-index';
    if (isOfOrder && this.#owner.readHere(request, done)) return;
    if (request.op === 'actors') this.#submitToAll(request, done);
    else if (request.op === 'replace') this.#submitReplacement(request, done);
    else this.#start(groupOf(request, this.#context.cluster.shards), request, done);
  }

  #start(group: GroupId, request: ClientRequest, done: (result: ClientResult) => void): void {
    const { now } = this.#context.time;
    const deadline = now + request.timeoutMs;
    const open: Open = {
      id: 0,
      group,
      request,
      done,
      deadline,
      asked: undefined,
      retryAt: now,
      attempts: 0,
      uncertain: NO_ATTEMPTS,
      hopeless: undefined,
    };
    open.id = this.#open.add(open);
    this.#attempt(open);
  }

  // A listing asks every shard and merges what they say.
  #submitToAll(request: ClientRequest & { op: 'actors' }, done: (result: ClientResult) => void): void {
    this.#askShards(
      () => request,
      (result) => {
        if (result.ok) done({ ok: true, value: merged(result.value as readonly ActorPage[], request.limit) });
        else done(result);
      },
    );
  }

  /** Asks the leader of each shard. `done` gets all values, or the first failure once all have answered. */
  #askShards(requestOf: (group: GroupId) => ClientRequest, done: (result: ClientResult) => void): void {
    const { shards } = this.#context.cluster;
    const values: unknown[] = [];
    let left = shards;
    let failed: ClientResult | undefined;
    for (let shard = 1; shard <= shards; shard++) {
      const group = groupId(shard);
      this.#start(group, requestOf(group), (result) => {
        if (result.ok) values.push(result.value);
        else failed ??= result;
        left--;
        if (left === 0) done(failed ?? { ok: true, value: values });
      });
    }
  }

  /**
   * The node to be replaced may be one on which a shard counts: the last voter that is left, or one of two.
   * Its disk is then all that there is. So each shard shows first, by a read that a majority confirms, that
   * it does without that node. The registry shows it by taking the command.
   */
  #submitReplacement(request: ClientRequest & { op: 'replace' }, done: (result: ClientResult) => void): void {
    const deadline = this.#context.time.now + request.timeoutMs;
    const proof = (group: GroupId) => ({ op: 'has-quorum', group, timeoutMs: request.timeoutMs }) as const;
    this.#askShards(proof, (result) => {
      const timeoutMs = Math.max(1, Math.round(deadline - this.#context.time.now));
      if (result.ok) this.#start(META_GROUP, { ...request, timeoutMs }, done);
      else done(result);
    });
  }

  #attempt(open: Open): void {
    const { now } = this.#context.time;
    // A node that is connected and silent would never answer.
    if (this.#isHopeless(open.hopeless, open.group)) return this.#giveUp(open);
    const target = this.#owner.routes.target(open.group, open.attempts);
    const attempt = ++open.attempts;
    if (target === undefined) {
      open.asked = undefined;
      open.retryAt = now + RETRY_MS;
      return;
    }
    open.asked = target;
    const request = withWait(open.request, open.deadline - now);
    open.retryAt = now + ATTEMPT_MS + ('waitMs' in request ? request.waitMs : 0);
    const again = open.uncertain.length > 0;
    open.uncertain = open.uncertain.length === 0 ? [attempt] : [...open.uncertain, attempt];
    const { id, group } = open;
    if (target === this.#context.self.node) {
      this.#owner.serve(group, { request, again }, (answer) => this.#answered(open, target, attempt, answer));
    } else {
      const timeoutMs = Math.max(1, Math.round(open.deadline - now));
      const tree = requestTree({ ...request, timeoutMs });
      this.#context.effects.send(target, 'data', {
        kind: 'request',
        id,
        attempt,
        again,
        group,
        request: tree,
      });
    }
  }

  /** A `result` frame of a peer. */
  result(from: NodeId, { id, attempt, result }: Frame & { kind: 'result' }): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    const { op } = open.request;
    let answer: Answer;
    try {
      answer = readAnswer(op, result);
      // So that the client can ask that node itself. What was just read belongs to nobody else.
      if ((op === 'ask' || op === 'tell') && !('elsewhere' in answer) && answer.ok)
        answer = { ok: true, value: { ...(answer.value as Taken), leader: from } };
    } catch (error) {
      if (!(error instanceof SeqNodeError)) throw error;
      const code = READS.has(op) ? 'internal' : 'outcome-unknown';
      const message = `The answer of node ${from} cannot be read: ${error.message}`;
      answer = { ok: false, code, message, details: {} };
    }
    this.#answered(open, from, attempt, answer);
  }

  #answered(open: Open, from: NodeId, attempt: number, answer: Answer): void {
    const { routes } = this.#owner;
    const self = this.#context.self.node;
    const isElsewhere = 'elsewhere' in answer;
    if (from !== self) routes.learn(open.group, from, isElsewhere ? (answer.leader as NodeId | null) : from);
    if (!isElsewhere) {
      // What an attempt of this very request may have done is no repeat of the client.
      nowKnown(open, attempt);
      if (open.uncertain.length === 0) return this.#finish(open, answer);
      if (!answer.ok && NOT_TAKEN.has(answer.code) && !READS.has(open.request.op))
        return this.#fail(open, withoutStop(answer.message));
      if (!isRead(answer)) return this.#finish(open, notReplayed(answer));
      // Q4: the next attempt leaves a mark.
      if (attempt === open.attempts) this.#attemptAgain(open);
      return;
    }
    if (!answer.begun) nowKnown(open, attempt);
    if (attempt !== open.attempts) return;
    open.asked = undefined;
    const { now } = this.#context.time;
    if (!answer.hopeless) open.hopeless = undefined;
    else {
      open.hopeless ??= new Map();
      open.hopeless.set(from, now);
      if (this.#isHopeless(open.hopeless, open.group)) return this.#giveUp(open);
    }
    // A leader that is being elected needs a moment; a better hint can be followed at once.
    if (answer.leader !== null && open.attempts % 3 !== 0) this.#attemptAgain(open);
    else open.retryAt = now + RETRY_MS;
  }

  /** In this very step, though not from within an answer. */
  #attemptAgain(open: Open): void {
    open.asked = undefined;
    open.retryAt = this.#context.time.now;
    this.#retry.add(open);
  }

  #isHopeless(said: ReadonlyMap<NodeId, Millis> | undefined, group: GroupId): boolean {
    const { now } = this.#context.time;
    if (!this.#owner.isHopeless(group)) return false;
    for (const node of this.#owner.linked())
      if (now - (said?.get(node) ?? Number.NEGATIVE_INFINITY) > HOPELESS_MS) return false;
    return true;
  }

  /** Requests that can be tried again in this very step, though not from within an answer. */
  readonly #retry = new Set<Open>();

  pump(): void {
    for (const open of this.#retry) {
      this.#retry.delete(open);
      if (this.#open.get(open.id) === open) this.#attempt(open);
    }
  }

  #finish(open: Open, result: ClientResult): void {
    if (this.#open.take(open.id) === open) open.done(result);
  }

  tick(): void {
    const { now } = this.#context.time;
    for (const open of this.#open.values()) {
      if (now >= open.deadline) this.#expire(open);
      else if (now >= open.retryAt) this.#attempt(open);
    }
  }

  /** What is under way to `node`, or from it, may be lost: what it was asked is asked again. */
  mayBeLost(node: NodeId): void {
    const { now } = this.#context.time;
    for (const open of this.#open.values()) {
      if (open.asked === node) open.retryAt = Math.min(open.retryAt, now + RETRY_MS);
    }
  }

  /** A request that waits for another node is sent to the new leader: the other may be silent for good. */
  ledBy(leader: NodeId, group: GroupId): void {
    const { now } = this.#context.time;
    for (const open of this.#open.values()) {
      if (open.group === group && open.asked !== undefined && open.asked !== leader)
        open.retryAt = Math.min(open.retryAt, now + RETRY_MS);
    }
  }

  #expire(open: Open): void {
    const { timeoutMs } = open.request;
    this.#fail(open, `No answer came from ${nameOf(open.group)} in ${timeoutMs} ms`);
  }

  #giveUp(open: Open): void {
    this.#fail(
      open,
      `No majority of the replicas of ${nameOf(open.group)} is in reach of ${this.#context.self.name}`,
    );
  }

  #fail(open: Open, cause: string): void {
    const isUnknown = !READS.has(open.request.op) && open.uncertain.length > 0;
    const code: ErrorCode = isUnknown ? 'outcome-unknown' : 'no-quorum';
    const outcome = isUnknown ? 'the request may or may not have taken effect' : 'nothing was done';
    this.#finish(open, { ok: false, code, message: `${cause}: ${outcome}.`, details: {} });
  }
}

/** What became of the attempt is known now. Mostly it is the only one. */
function nowKnown(open: Open, attempt: number): void {
  const { uncertain } = open;
  if (uncertain.length === 1 && uncertain[0] === attempt) open.uncertain = NO_ATTEMPTS;
  else open.uncertain = uncertain.filter((each) => each !== attempt);
}

/** Who waits for a task, or an event, does so as long as leaves time to hear of it. */
function withWait(request: ClientRequest, leftMs: Millis): ClientRequest {
  if (!('waitMs' in request)) return request;
  return { ...request, waitMs: Math.max(0, Math.min(request.waitMs, Math.floor(leftMs) - WAIT_LEFT_MS)) };
}

const nameOf = (group: GroupId) => (group === META_GROUP ? 'the registry of the cluster' : `shard ${group}`);

/**
 * One page of several. What lies behind the end of a page that goes on is left for the next: that one may
 * hold something before it.
 */
export function merged(pages: readonly ActorPage[], limit: number): ActorPage {
  const all = pages.flatMap(({ actors }) => actors).sort((a, b) => (a.path < b.path ? -1 : 1));
  const ends = pages.flatMap(({ next }) => next ?? []).sort();
  const [end] = ends;
  const known = end === undefined ? all : all.filter(({ path }) => path <= end);
  const actors = known.slice(0, limit);
  const isWhole = end === undefined && actors.length === all.length;
  return { actors, next: isWhole ? null : (actors.at(-1)?.path ?? null) };
}

function notReplayed(result: ClientResult): ClientResult {
  if (!result.ok) {
    const { replayed: _, ...details } = result.details;
    return { ...result, details };
  }
  if (typeof result.value !== 'object' || result.value === null || !('replayed' in result.value))
    return result;
  const { replayed: _, ...value } = result.value;
  return { ok: true, value };
}

/** Refusals of one attempt, that say nothing of an earlier one: they are not remembered by the id. */
const NOT_TAKEN: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'disk-full',
  'overloaded',
  'stopping',
  'actor-suspended',
  'actor-quarantined',
]);

const withoutStop = (sentence: string) => sentence.replace(/\.$/, '');

/** Whether nothing was written of it. */
function isRead(result: ClientResult): boolean {
  const fields = result.ok ? result.value : result.details;
  return typeof fields === 'object' && fields !== null && 'read' in fields;
}

/** Operations that change nothing. */
export const READS: ReadonlySet<string> = new Set([
  'inspect',
  'why',
  'logs',
  'journal',
  'actors',
  'registry-index',
  'applied-index',
  'events',
  'does-without',
  'group-state',
  'dead-letters',
  'has-quorum',
  'timers',
  'shard-timers',
  'tasks',
  // They change nothing that is stored, and repeating them is harmless.
  'hold-shard',
  'open-export',
  'read-export',
  'close-export',
]);

function groupOf(request: ClientRequest, shards: number): GroupId {
  if ('group' in request) return request.group;
  return 'path' in request ? shardOf(request.path, shards) : META_GROUP;
}
