import { type ErrorCode, isErrorCode, type SeqNodeError } from '../base/errors.ts';
import type { GroupId, NodeId } from '../base/ids.ts';
import {
  encodeMetaCommand,
  type MetaCommand,
  type MetaResult,
  type MetaState,
} from '../cluster/meta-state.ts';
import type { Replica } from '../cluster/replica.ts';
import { messageProblem } from '../runtime/behaviour.ts';
import type { Payload } from '../runtime/envelope.ts';
import type { Ending } from './actor.ts';
import { ActorReads, type ActorReadsOwner, modeOf, type ReadRequest } from './actor-reads.ts';
import type { Departures } from './departures.ts';
import { digestOf } from './digest.ts';
import type { DiskSpace } from './disk-space.ts';
import type { Reads } from './reads.ts';
import { type Answer, NOT_NOW } from './requests.ts';
import type { Answered, Departure, GroupState, Mode, Resumed, Taken } from './results.ts';
import type { ShardLeader } from './shard-leader.ts';
import type { ClientRequest, ClientResult, ClusterIdentity } from './types.ts';
import { WAS_RUNNING } from './updates.ts';

export interface ServiceOwner extends ActorReadsOwner {
  readonly cluster: ClusterIdentity;
  readonly reads: Reads;
  readonly faults: ReadonlySet<string>;
  meta(): MetaState;
  departures(): Departures;
  replica(group: GroupId): Replica | undefined;
  /** See Answer. */
  isHopeless(group: GroupId): boolean;
  readonly space: DiskSpace;
  leading(replica: Replica): ShardLeader | undefined;
}

type ActorRequest = ClientRequest & { op: 'tell' | 'ask' | 'spawn' | 'stop' | 'resume' };
type MetaRequest = ClientRequest & { op: 'deploy' | 'token' | 'admit' | 'readdress' | 'replace' };
type MemberRequest = ClientRequest & { op: 'remove-node' | 'keep-node' };
type Done = (answer: Answer) => void;

export class Service {
  readonly #owner: ServiceOwner;
  readonly #actorReads: ActorReads;
  /** Meta commands that this node proposed, by the index of their entry. */
  readonly #metaWaiting = new Map<
    number,
    { readonly term: number; readonly done: (result: MetaResult | 'lost') => void }
  >();

  constructor(owner: ServiceOwner) {
    this.#owner = owner;
    this.#actorReads = new ActorReads(owner);
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
      case 'group-state':
        return done({ ok: true, value: stateOf(replica) });
      case 'does-without':
        return this.#owner.departures().answer(replica, request, done);
      default:
        return this.#propose(replica, request, done);
    }
  }

  #elsewhere(group: GroupId, begun: boolean): Answer {
    const replica = this.#owner.replica(group);
    const leader = replica === undefined || replica.isLeader ? null : replica.report.leader;
    return { elsewhere: true, leader, begun, hopeless: this.#owner.isHopeless(group) };
  }

  // ── Messages to actors ──

  #deliver(replica: Replica, request: ActorRequest, done: Done): void {
    const leader = this.#owner.leading(replica);
    if (leader === undefined) return this.#notTaken(replica, done);
    const origin = { source: `c:${request.id}`, number: 0, digest: digestOf(request) };
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
      const details = this.#detailsOf(replica, request, code);
      return {
        ok: false,
        code,
        message: ending.message,
        details: ending.replayed ? { ...details, replayed: true } : details,
      };
    }
    const mode: Mode = ending.sequence === 0 ? 'volatile' : modeOf(replica);
    const taken: Taken = { sequence: ending.sequence, mode, ...(ending.replayed && { replayed: true }) };
    if (request.op === 'resume') {
      const value: Resumed = { ...taken, resumed: ending.reply !== WAS_RUNNING };
      return { ok: true, value };
    }
    if (request.op !== 'ask') return { ok: true, value: taken };
    if (ending.reply === null) {
      const number = mode === 'volatile' ? '' : ` as number ${ending.sequence}`;
      const message = `${request.path} handled the message${number} and gave no reply.`;
      const { mode: _, ...details } = taken;
      return { ok: false, code: 'no-reply', message, details };
    }
    const value: Answered = { ...taken, reply: ending.reply };
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
    const answer = () => this.#actorReads.answer(replica, request, done);
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

function stateOf(replica: Replica): GroupState {
  const { id, term, config, committed, peers } = replica.raft.status();
  const follows = peers.filter(({ active, state }) => active && state === 'replicate');
  return {
    leader: id,
    term,
    voters: [...new Set([...config.voters, ...config.outgoing])],
    learners: [...config.learners],
    healthy: [id, ...follows.map(({ node }) => node)],
    commit: committed,
  };
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
