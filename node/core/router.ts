// Client requests on the node that took them: each goes to the leader of its group, wherever that is, and again, with the
// same id, until it is answered or its time is up.
//
// Invariants
//  Q1  Each request is answered once.
//  Q2  A request whose time is up is `outcome-unknown` if any attempt was not answered or had begun: it may have an effect.
import type { ErrorCode } from '../base/errors.ts';
import { type GroupId, groupId, META_GROUP, type Millis, type NodeId } from '../base/ids.ts';
import { NumberedTable } from '../base/numbered-table.ts';
import { shardOf } from '../cluster/placement.ts';
import { type Answer, readAnswer, requestTree } from './requests.ts';
import type { ListedActor } from './results.ts';
import type { Routes } from './routes.ts';
import type { ClientRequest, ClientResult, StepTime } from './types.ts';

export interface RouterOwner {
  readonly self: NodeId;
  readonly shards: number;
  time(): StepTime;
  readonly routes: Routes;
  /** Serves a request on this node. */
  serve(group: GroupId, request: ClientRequest, done: (answer: Answer) => void): void;
  sendRequest(to: NodeId, id: number, group: GroupId, request: unknown): void;
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
  uncertain: number;
}

const RETRY_MS = 50;
const ATTEMPT_MS = 2000;

export class Router {
  readonly #owner: RouterOwner;
  readonly #open: NumberedTable<Open>;

  /** `firstId` differs from process to process, lest a late answer to an earlier one be taken for an answer to this. */
  constructor(owner: RouterOwner, firstId: number) {
    this.#owner = owner;
    this.#open = new NumberedTable(firstId);
  }

  get size(): number {
    return this.#open.size;
  }

  submit(request: ClientRequest, done: (result: ClientResult) => void): void {
    if (request.op === 'actors') this.#submitToAll(request, done);
    else if (request.op === 'replace') this.#submitReplacement(request, done);
    else this.#start(groupOf(request, this.#owner.shards), request, done);
  }

  #start(group: GroupId, request: ClientRequest, done: (result: ClientResult) => void): void {
    const { now } = this.#owner.time();
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
      uncertain: 0,
    };
    open.id = this.#open.add(open);
    this.#attempt(open);
  }

  // A listing asks every shard and merges what they say.
  #submitToAll(request: ClientRequest & { op: 'actors' }, done: (result: ClientResult) => void): void {
    const { shards } = this.#owner;
    const rows: ListedActor[] = [];
    let left = shards;
    let failed: ClientResult | undefined;
    for (let shard = 1; shard <= shards; shard++) {
      this.#start(groupId(shard), request, (result) => {
        if (result.ok) rows.push(...(result.value as ListedActor[]));
        else failed ??= result;
        left--;
        if (left > 0) return;
        rows.sort((a, b) => (a.path < b.path ? -1 : 1));
        done(failed ?? { ok: true, value: rows.slice(0, request.limit) });
      });
    }
  }

  /**
   * The node to be replaced may be one on which a shard counts: the last voter that is left, or one of two. Its disk is then all that
   * there is. So each shard shows first, by a read that a majority confirms, that it does without that node. The registry shows
   * it by taking the command.
   */
  #submitReplacement(request: ClientRequest & { op: 'replace' }, done: (result: ClientResult) => void): void {
    const deadline = this.#owner.time().now + request.timeoutMs;
    const listing = { op: 'actors', prefix: '/', after: '', limit: 0, timeoutMs: request.timeoutMs } as const;
    this.#submitToAll(listing, (result) => {
      const timeoutMs = Math.max(1, Math.round(deadline - this.#owner.time().now));
      if (result.ok) this.#start(META_GROUP, { ...request, timeoutMs }, done);
      else done(result);
    });
  }

  #attempt(open: Open): void {
    const { now } = this.#owner.time();
    const target = this.#owner.routes.target(open.group, open.attempts);
    open.attempts++;
    if (target === undefined) {
      open.asked = undefined;
      open.retryAt = now + RETRY_MS;
      return;
    }
    open.asked = target;
    open.retryAt = now + ATTEMPT_MS;
    open.uncertain++;
    if (target === this.#owner.self) {
      const attempt = open.attempts;
      this.#owner.serve(open.group, open.request, (answer) => {
        if (open.attempts === attempt || !('elsewhere' in answer)) this.#answered(open, answer);
        else if (!answer.begun) open.uncertain--;
      });
    } else {
      const timeoutMs = Math.max(1, Math.round(open.deadline - now));
      this.#owner.sendRequest(target, open.id, open.group, requestTree({ ...open.request, timeoutMs }));
    }
  }

  /** A `result` frame of a peer. */
  result(id: number, tree: unknown): void {
    const open = this.#open.get(id);
    if (open !== undefined) this.#answered(open, readAnswer(open.request.op, tree));
  }

  #answered(open: Open, answer: Answer): void {
    const { routes, self } = this.#owner;
    const isElsewhere = 'elsewhere' in answer;
    if (open.asked !== undefined && open.asked !== self)
      routes.learn(open.group, open.asked, isElsewhere ? (answer.leader as NodeId | null) : open.asked);
    if (!isElsewhere) return this.#finish(open, answer);
    if (!answer.begun) open.uncertain--;
    open.asked = undefined;
    // A leader that is being elected needs a moment; a better hint can be followed at once.
    const { now } = this.#owner.time();
    open.retryAt = answer.leader !== null && open.attempts % 3 !== 0 ? now : now + RETRY_MS;
    if (open.retryAt === now) this.#retry.add(open);
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
    const { now } = this.#owner.time();
    for (const open of this.#open.values()) {
      if (now >= open.deadline) this.#expire(open);
      else if (now >= open.retryAt) this.#attempt(open);
    }
  }

  /** The connection to `peer` is lost: what it was asked is asked again elsewhere. */
  disconnected(peer: NodeId): void {
    const { now } = this.#owner.time();
    for (const open of this.#open.values()) {
      if (open.asked === peer) open.retryAt = Math.min(open.retryAt, now + RETRY_MS);
    }
  }

  #expire(open: Open): void {
    const mutates = !READS.has(open.request.op);
    const code: ErrorCode = mutates && open.uncertain > 0 ? 'outcome-unknown' : 'no-quorum';
    const what = open.group === META_GROUP ? 'the registry of the cluster' : `shard ${open.group}`;
    const message =
      code === 'outcome-unknown'
        ? `No answer came from ${what} in ${open.request.timeoutMs} ms: the request may or may not have taken effect.`
        : `No majority of the replicas of ${what} answered in ${open.request.timeoutMs} ms.`;
    this.#finish(open, { ok: false, code, message, details: {} });
  }
}

const READS: ReadonlySet<string> = new Set([
  'inspect',
  'journal',
  'actors',
  'registry-index',
  'does-without',
]);

function groupOf(request: ClientRequest, shards: number): GroupId {
  if (request.op === 'does-without') return request.group;
  return 'path' in request ? shardOf(request.path, shards) : META_GROUP;
}
