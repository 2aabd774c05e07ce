// What a node does with a request for a group that it leads. Each answer is final, or says that another node must be asked.
import { encodeData } from '../base/codec.ts';
import { type ErrorCode, isErrorCode, SeqNodeError } from '../base/errors.ts';
import type { ActorPath, GroupId, NodeId } from '../base/ids.ts';
import { SeqMap } from '../base/value.ts';
import {
  encodeMetaCommand,
  type MetaCommand,
  type MetaResult,
  type MetaState,
} from '../cluster/meta-state.ts';
import type { Replica } from '../cluster/replica.ts';
import { GroupKeys, parseCounter, parseKey, sequenceOf } from '../journal/keys.ts';
import { messageForms, messageProblem, targetName } from '../runtime/behaviour.ts';
import type { Payload } from '../runtime/envelope.ts';
import { recentRestarts } from '../runtime/supervision.ts';
import type { Ending } from './actor.ts';
import { type LoadedActor, loadActor, type StoreReader } from './actor-loader.ts';
import type { Departures } from './departures.ts';
import type { DiskSpace } from './disk-space.ts';
import type { Programs } from './programs.ts';
import type { Reads } from './reads.ts';
import type { Answer } from './requests.ts';
import type {
  ActorPage,
  Answered,
  Departure,
  Inspected,
  JournalPage,
  ListedActor,
  Mode,
  Resumed,
} from './results.ts';
import { type ActorHead, decodeHead } from './rows.ts';
import { readRange } from './scanning.ts';
import type { ShardLeader } from './shard-leader.ts';
import type { ClientRequest, ClientResult, ClusterIdentity, CoreLimits, StepTime } from './types.ts';
import { WAS_RUNNING } from './updates.ts';

export interface ServiceOwner extends StoreReader {
  readonly self: { readonly node: NodeId; readonly name: string };
  readonly cluster: ClusterIdentity;
  readonly limits: CoreLimits;
  readonly programs: Programs;
  readonly reads: Reads;
  readonly faults: ReadonlySet<string>;
  time(): StepTime;
  meta(): MetaState;
  departures(): Departures;
  replica(group: GroupId): Replica | undefined;
  /** See Answer. */
  isHopeless(group: GroupId): boolean;
  readonly space: DiskSpace;
  leading(replica: Replica): ShardLeader | undefined;
}

type ActorRequest = ClientRequest & { op: 'tell' | 'ask' | 'spawn' | 'stop' | 'resume' };
type ReadRequest = ClientRequest & { op: 'inspect' | 'journal' | 'actors' };
type MetaRequest = ClientRequest & { op: 'deploy' | 'token' | 'admit' | 'readdress' | 'replace' };
type MemberRequest = ClientRequest & { op: 'remove-node' | 'keep-node' };
type Done = (answer: Answer) => void;

/** Of an answer. */
const ROWS_MAX = 1000;

export class Service {
  readonly #owner: ServiceOwner;
  /** Meta commands that this node proposed, by the index of their entry. */
  readonly #metaWaiting = new Map<
    number,
    { readonly term: number; readonly done: (result: MetaResult | 'lost') => void }
  >();

  constructor(owner: ServiceOwner) {
    this.#owner = owner;
  }

  serve(group: GroupId, request: ClientRequest, done: Done): void {
    const replica = this.#owner.replica(group);
    if (!replica?.isLeader) return done(this.#elsewhere(group, false));
    switch (request.op) {
      case 'tell':
      case 'ask':
      case 'spawn':
      case 'stop':
      case 'resume':
        return this.#deliver(replica, request, done);
      case 'inspect':
      case 'journal':
      case 'actors':
        return this.#read(replica, request, done);
      case 'remove-node':
      case 'keep-node':
        return this.#member(replica, request, done);
      case 'registry-index':
        return this.#confirmed(replica, done, () =>
          done({ ok: true, value: replica.position.appliedIndex as number }),
        );
      case 'does-without':
        return this.#owner.departures().answer(replica, request, done);
      default:
        return this.#propose(replica, request, done);
    }
  }

  #elsewhere(group: GroupId, begun: boolean): Answer {
    const replica = this.#owner.replica(group);
    const leader = replica === undefined || replica.isLeader ? null : replica.report.leader;
    return { elsewhere: true, leader, begun, hopeless: leader === null && this.#owner.isHopeless(group) };
  }

  // ── Messages to actors ──

  #deliver(replica: Replica, request: ActorRequest, done: Done): void {
    const leader = this.#owner.leading(replica);
    if (leader === undefined) return this.#notTaken(replica, done);
    const origin = { source: `c:${request.id}`, number: 0 };
    const envelope = { to: request.path, sender: '', origin, payload: payloadOf(request) } as const;
    leader.deliver(envelope, (ending) => done(this.#endingAnswer(replica, request, ending)));
  }

  /** Another may lead, or is about to; only where nobody can, the space that is missing here is the answer. */
  #notTaken(replica: Replica, done: Done): void {
    const refusal = this.#owner.space.refusal(replica);
    if (refusal === undefined) done(NOT_NOW);
    else done({ ok: false, code: refusal.code, message: refusal.message, details: {} });
  }

  #endingAnswer(replica: Replica, request: ActorRequest, ending: Ending): Answer {
    if (ending === 'elsewhere') return this.#elsewhere(replica.group, true);
    if (!ending.ok) {
      const code = isErrorCode(ending.code) ? ending.code : 'turn-failed';
      return { ok: false, code, message: ending.message, details: this.#detailsOf(replica, request, code) };
    }
    const mode: Mode = ending.sequence === 0 ? 'volatile' : modeOf(replica);
    if (request.op === 'resume') {
      const value: Resumed = { sequence: ending.sequence, mode, resumed: ending.reply !== WAS_RUNNING };
      return { ok: true, value };
    }
    if (request.op !== 'ask') return { ok: true, value: { sequence: ending.sequence, mode } };
    if (ending.reply === null) {
      const message = `${request.path} handled the message as number ${ending.sequence} and gave no reply.`;
      return { ok: false, code: 'no-reply', message, details: { sequence: ending.sequence } };
    }
    const value: Answered = { reply: ending.reply, sequence: ending.sequence, mode };
    return { ok: true, value };
  }

  // A refused message says what would have been taken.
  #detailsOf(replica: Replica, request: ActorRequest, code: string): Readonly<Record<string, unknown>> {
    if (code !== 'bad-message' || (request.op !== 'tell' && request.op !== 'ask')) return {};
    const behaviour = this.#owner.leading(replica)?.behaviourOf(request.path);
    return (behaviour && messageProblem(behaviour, request.message))?.details ?? {};
  }

  // ── Reads ──

  #read(replica: Replica, request: ReadRequest, done: Done): void {
    const answer = () => {
      switch (request.op) {
        case 'inspect':
          return this.#inspect(replica, request, done);
        case 'journal':
          return this.#journal(replica, request, done);
        case 'actors':
          return this.#actors(replica, request, done);
      }
    };
    if (this.#owner.faults.has('read-without-quorum')) return answer();
    this.#confirmed(replica, done, answer);
  }

  /** `answer` once this node is known to lead, with all applied that was committed before. */
  #confirmed(replica: Replica, done: Done, answer: () => void): void {
    this.#owner.reads.begin(replica, (leads) => {
      if (leads) answer();
      else done(this.#elsewhere(replica.group, false));
    });
  }

  #inspect(replica: Replica, { path }: ReadRequest & { op: 'inspect' }, done: Done): void {
    loadActor(this.#owner, keysOf(replica), path, (loaded) => {
      if (loaded instanceof SeqNodeError) {
        done({ ok: false, code: 'actor-quarantined', message: loaded.message, details: {} });
      } else if (loaded.head === undefined) {
        done({ ok: false, code: 'no-such-actor', message: `No actor lives at ${path}.`, details: {} });
      } else if (loaded.head.mode === 'volatile') {
        this.#inspectVolatile(replica, path, { ...loaded, head: loaded.head }, done);
      } else {
        done({ ok: true, value: this.#view(replica, path, loaded, loaded.head) });
      }
    });
  }

  // The state of a volatile actor is in the memory of the leader, or the actor begins anew with its next message.
  #inspectVolatile(
    replica: Replica,
    path: ActorPath,
    loaded: LoadedActor & { readonly head: ActorHead },
    done: Done,
  ): void {
    const leader = this.#owner.leading(replica);
    if (leader === undefined) return done(this.#elsewhere(replica.group, false));
    const { head } = loaded;
    const state = leader.volatileState(path, head.incarnation) ?? SeqMap.empty;
    // It is measured after a number of turns only, and one that has outgrown its limit may not fit into a frame.
    const encoded = encodedState(state, this.#owner.limits.stateBytes);
    if (encoded instanceof SeqNodeError) {
      const { code, message, details } = encoded;
      return done({ ok: false, code, message, details });
    }
    done({ ok: true, value: this.#view(replica, path, loaded, head, encoded) });
  }

  #view(
    replica: Replica,
    path: Inspected['path'],
    loaded: LoadedActor,
    head: ActorHead,
    state = encodeData(loaded.state),
  ): Inspected {
    const { self, programs, limits } = this.#owner;
    const { length: restarts } = recentRestarts(
      head.restarts,
      this.#owner.time().wall,
      limits.restartPeriodMs,
    );
    const behaviour = programs.behaviour(head.code);
    return {
      path,
      state,
      sequence: loaded.sequence,
      module: head.code.module,
      target: targetName(head.code.target),
      lifecycle: head.lifecycle === 'running' && restarts > 0 ? 'restarting' : head.lifecycle,
      restarts,
      lastFault: head.lastFault,
      mode: head.mode === 'volatile' ? 'volatile' : modeOf(replica),
      node: self.node,
      nodeName: self.name,
      shard: replica.group,
      accepts: typeof behaviour === 'object' ? messageForms(behaviour.messageType) : [],
    };
  }

  #journal(replica: Replica, request: ReadRequest & { op: 'journal' }, done: Done): void {
    const { path, from, limit } = request;
    const keys = keysOf(replica);
    this.#owner.get([keys.sequence(path)], ([counter]) => {
      if (counter === undefined) {
        return done({
          ok: false,
          code: 'no-such-actor',
          message: `No actor ever lived at ${path}.`,
          details: {},
        });
      }
      const last = attempt(() => parseCounter(counter));
      if (last === undefined) {
        const message = `What the store says of the journal of ${path} cannot be read.`;
        return done({ ok: false, code: 'actor-quarantined', message, details: {} });
      }
      const range = keys.records(path, from, last + 1);
      this.#owner.scan({ ...range, limit: Math.min(limit, ROWS_MAX) }, (found) => {
        const records = ('rest' in found ? found.rest : found.part).map(([, value]) => value);
        const next = 'rest' in found ? null : (sequenceOf(found.next) ?? null);
        done({ ok: true, value: { records, next } satisfies JournalPage });
      });
    });
  }

  #actors(replica: Replica, request: ReadRequest & { op: 'actors' }, done: Done): void {
    const { prefix, after } = request;
    const limit = Math.min(request.limit, ROWS_MAX);
    const keys = keysOf(replica);
    const { self } = this.#owner;
    const rows: ListedActor[] = [];
    const answer = (more: boolean) => this.#withSequences(keys, rows, more, done);
    // Only to learn that this node leads.
    if (limit === 0) return answer(false);
    const from = keys.head((after > prefix ? after : prefix) as never);
    readRange(
      this.#owner,
      { from, to: keys.heads().to },
      {
        page: (found) => {
          for (const [key, value] of found) {
            const parsed = parseKey(key);
            if (parsed.kind !== 'head' || parsed.path <= after) continue;
            const isListed = parsed.path.startsWith(prefix);
            if (!isListed || rows.length === limit) {
              answer(isListed);
              return false;
            }
            const lifecycle = this.#lifecycleOf(replica, parsed.path, value);
            rows.push({
              path: parsed.path,
              sequence: 0,
              lifecycle,
              shard: replica.group,
              nodeName: self.name,
            });
          }
          return true;
        },
        end: () => answer(false),
      },
    );
  }

  #lifecycleOf(replica: Replica, path: ActorPath, head: Uint8Array): ListedActor['lifecycle'] {
    if (this.#owner.leading(replica)?.isHeld(path)) return 'quarantined';
    return attempt(() => decodeHead(head).lifecycle) ?? 'quarantined';
  }

  #withSequences(keys: GroupKeys, rows: readonly ListedActor[], more: boolean, done: Done): void {
    const page = (actors: readonly ListedActor[]) => {
      const next = more ? (actors.at(-1)?.path ?? null) : null;
      done({ ok: true, value: { actors, next } satisfies ActorPage });
    };
    if (rows.length === 0) return page(rows);
    this.#owner.get(
      rows.map(({ path }) => keys.sequence(path as never)),
      (counters) => {
        const listed = rows.map((row, at): ListedActor => {
          const sequence = counters[at] === undefined ? 0 : attempt(() => parseCounter(counters[at]!));
          return sequence === undefined ? { ...row, lifecycle: 'quarantined' } : { ...row, sequence };
        });
        page(listed);
      },
    );
  }

  // ── The registry ──

  #propose(replica: Replica, request: MetaRequest, done: Done): void {
    const problem = this.#metaProblem(request);
    if (problem !== undefined) {
      return done({ ok: false, code: problem.code, message: problem.message, details: problem.details });
    }
    this.#command(replica, this.#metaCommand(request), done, () => this.#metaValue(request));
  }

  #command(replica: Replica, command: MetaCommand, done: Done, value: () => unknown): void {
    if (this.#owner.space.own !== 'enough') return this.#notTaken(replica, done);
    const proposed = replica.raft.propose([encodeMetaCommand(command)]);
    if (!proposed.ok) return done(NOT_NOW);
    this.#metaWaiting.set(proposed.firstIndex, {
      term: proposed.term,
      done: (result) => {
        if (result === 'lost') done(this.#elsewhere(replica.group, true));
        else done(result.ok ? { ok: true, value: value() } : { ...result, details: {} });
      },
    });
    replica.pump();
  }

  /** Who asks again how far a removal is adds nothing to the log. */
  #member(replica: Replica, { op, member }: MemberRequest, done: Done): void {
    this.#confirmed(replica, done, () => {
      const [found, ...others] = this.#owner.meta().called(member);
      const refuse = (code: ErrorCode, message: string) => done({ ok: false, code, message, details: {} });
      if (found === undefined) return refuse('no-such-member', `No member is called ${member}.`);
      if (!found.removed && others.length > 0)
        return refuse(
          'bad-request',
          `${others.length + 1} members are called ${member}: give the id of one.`,
        );
      const { node, name } = found;
      const value = () => this.#departure(node, name);
      const removing = op === 'remove-node';
      if (removing && value().state !== 'member') return done({ ok: true, value: value() });
      this.#command(replica, { kind: removing ? 'leave' : 'stay', node }, done, value);
    });
  }

  /** What is final can be told by anybody, also by the very node that has left. */
  known(request: ClientRequest): ClientResult | undefined {
    if (request.op !== 'remove-node' || !this.#owner.meta().wasRemoved(request.member as NodeId))
      return undefined;
    const [found] = this.#owner.meta().called(request.member);
    return { ok: true, value: this.#departure(found!.node, found!.name) };
  }

  #departure(asked: NodeId, name: string): Departure {
    const meta = this.#owner.meta();
    const node = meta.inPlaceOf(asked);
    const known = meta.node(node);
    if (known === undefined) return { node, name, state: 'removed', waiting: [] };
    if (known.leaving === undefined) return { node, name, state: 'member', waiting: [] };
    return { node, name, state: 'leaving', waiting: this.#owner.departures().waiting };
  }

  // A program that does not compile must not get into the registry, where every node would meet it.
  #metaProblem(request: MetaRequest): SeqNodeError | undefined {
    if (request.op !== 'deploy') return undefined;
    return this.#owner.programs.check(request.hash, request.bundle);
  }

  #metaCommand(request: MetaRequest): MetaCommand {
    switch (request.op) {
      case 'deploy':
        return { kind: 'module', hash: request.hash, source: request.bundle };
      case 'token':
        return { kind: 'token', secretHash: request.secretHash, expiresAt: request.expiresAt };
      case 'admit':
        return {
          kind: 'admit',
          secretHash: request.secretHash,
          wall: this.#owner.time().wall,
          peer: request.peer,
        };
      case 'readdress':
        return { kind: 'readdress', ...request.peer };
      case 'replace':
        return { kind: 'replace', old: request.old, node: request.node };
    }
  }

  #metaValue(request: MetaRequest): unknown {
    if (request.op !== 'admit' && request.op !== 'replace') return null;
    return { cluster: this.#owner.cluster, peers: this.#owner.meta().nodes() };
  }

  metaApplied(index: number, term: number, result: MetaResult): void {
    const waiting = this.#metaWaiting.get(index);
    if (waiting === undefined) return;
    this.#metaWaiting.delete(index);
    // Another leader's entry may have taken the place of the proposal.
    waiting.done(waiting.term === term ? result : 'lost');
  }

  /** This node leads the registry no more. */
  metaLost(): void {
    const waiting = [...this.#metaWaiting.values()];
    this.#metaWaiting.clear();
    for (const { done } of waiting) done('lost');
  }
}

export function keysOf(replica: Replica): GroupKeys {
  return new GroupKeys(replica.group, replica.position.generation);
}

/** This node leads the group, but takes nothing for the moment. */
const NOT_NOW: Answer = { elsewhere: true, leader: null, begun: false, hopeless: false };

function modeOf(replica: Replica): Mode {
  return replica.config.voters.length > 1 ? 'quorum-fsync' : 'single-fsync';
}

/** The error that says why it cannot be encoded. */
function encodedState(state: SeqMap, bytesMax: number): Uint8Array | SeqNodeError {
  try {
    return encodeData(state, { bytesMax, name: 'state' });
  } catch (error) {
    if (error instanceof SeqNodeError) return error;
    throw error;
  }
}

/** Undefined when `read` meets something damaged. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof SeqNodeError) return undefined;
    throw error;
  }
}

function payloadOf(request: ActorRequest): Payload {
  switch (request.op) {
    case 'spawn':
      return { kind: 'spawn', code: request.code, mode: request.mode, newLife: request.newLife };
    case 'stop':
    case 'resume':
      return { kind: request.op };
    default:
      return { kind: 'message', message: request.message, ask: null };
  }
}
