// Requests on the node that leads their group: each goes to the part that serves its kind.
import type { GroupId } from '../../base/ids.ts';
import type { Replica } from '../../cluster/replica.ts';
import type { Shard } from '../../runtime/shard/shard.ts';
import type { DiskSpace } from '../groups/disk-space.ts';
import type { Groups } from '../groups/groups.ts';
import type { ReadIndex } from '../groups/read-index.ts';
import type { Decommission } from '../members/decommission.ts';
import type { StepContext } from '../step-context.ts';
import type { ClientRequest } from '../types.ts';
import { type ActorRequest, deliverTo } from './actors.ts';
import { type Answer, type Attempt, NOT_NOW } from './codec.ts';
import { listDeadLetters, orderDeadLetter } from './dead-letters.ts';
import type { EventReads } from './events.ts';
import { Exports } from './exports.ts';
import { type ImportRequest, Imports, importing } from './imports.ts';
import { isMoveRequest, type MoveRequest } from './move-codec.ts';
import { listTasks, orderQueue, takeTasks } from './queues.ts';
import { ActorReads } from './reads.ts';
import { RegistryRequests } from './registry.ts';
import type { GroupState } from './results.ts';
import { cancelTimer, listTimers } from './timers.ts';

export interface ServiceOwner {
  readonly groups: Groups;
  readonly readIndex: ReadIndex;
  readonly space: DiskSpace;
  readonly events: EventReads;
  decommission(): Decommission;
  /** The shard's leader, if it is this node and it takes messages. */
  leading(group: GroupId): Shard | undefined;
}

type Done = (answer: Answer) => void;

export class Service {
  readonly registry: RegistryRequests;
  readonly exports: Exports;
  readonly #imports: Imports;
  readonly #context: StepContext;
  readonly #owner: ServiceOwner;
  readonly #reads: ActorReads;

  constructor(context: StepContext, owner: ServiceOwner) {
    this.#context = context;
    this.#owner = owner;
    this.#reads = new ActorReads(context, (group) => owner.groups.leading(group));
    this.exports = new Exports(context);
    this.#imports = new Imports(context, {
      groups: owner.groups,
      elsewhere: ({ group }) => this.#elsewhere(group, true),
    });
    this.registry = new RegistryRequests(context, {
      takesWork: (replica, done) => {
        if (owner.space.own === 'enough') return true;
        this.#notTaken(replica, done);
        return false;
      },
      elsewhere: (replica) => this.#elsewhere(replica.group, true),
      waitingFor: () => {
        const { waiting, unaware } = owner.decommission();
        return { waiting, unaware: unaware.map(({ name }) => name) };
      },
    });
  }

  serve(group: GroupId, { request, again }: Attempt, done: Done): void {
    const replica = this.#owner.groups.get(group);
    if (!replica?.isLeader) return done(this.#elsewhere(group, false));
    const shard = this.#owner.groups.shard(group);
    if (shard?.isImporting && !WHILE_IMPORTING.has(request.op))
      return done(importing(replica, shard.imported!));
    if (isMoveRequest(request)) this.#move(replica, request, done);
    else this.#serve(replica, request, again, done);
  }

  #serve(replica: Replica, request: Exclude<ClientRequest, MoveRequest>, again: boolean, done: Done): void {
    switch (request.op) {
      case 'tell':
      case 'ask':
        return this.#message(replica, { request, again }, done);
      case 'spawn':
      case 'stop':
      case 'suspend':
      case 'resume':
      case 'upgrade':
      case 'purge':
        return this.#withShard(replica, done, (shard, elsewhere) =>
          deliverTo(shard, replica, { request, again }, elsewhere, done),
        );
      case 'inspect':
      case 'why':
      case 'logs':
      case 'journal':
      case 'actors': {
        const answer = () => this.#reads.answer(replica, request, done);
        if (this.#context.faults.has('read-without-quorum')) return answer();
        return this.#confirmed(replica, done, answer);
      }
      case 'timers':
      case 'shard-timers':
        return this.#confirmed(replica, done, () => listTimers(this.#context, replica, request, done));
      case 'cancel-timer':
        return this.#withShard(replica, done, (shard, elsewhere) =>
          cancelTimer(this.#context, shard, request, elsewhere, done),
        );
      case 'take-tasks':
        return this.#withShard(replica, done, (shard, elsewhere) =>
          takeTasks(this.#context, shard, request, elsewhere, done),
        );
      case 'queue-order':
        return this.#withShard(replica, done, (shard, elsewhere) =>
          orderQueue(this.#context, shard, request, elsewhere, done),
        );
      case 'tasks':
        return this.#confirmed(replica, done, () => listTasks(this.#context, replica, request, done));
      case 'dead-letters':
        return this.#confirmed(replica, done, () => listDeadLetters(this.#context, replica, request, done));
      case 'replay-dead-letter':
      case 'drop-dead-letter':
        return this.#withShard(replica, done, (shard, elsewhere) =>
          orderDeadLetter(this.#context, shard, request, () => elsewhere(true), done),
        );
      case 'remove-node':
      case 'keep-node':
        return this.#confirmed(replica, done, () => this.registry.member(replica, request, done));
      case 'registry-index':
      case 'applied-index':
        return this.#confirmed(replica, done, () =>
          done({ ok: true, value: replica.position.appliedIndex as number }),
        );
      case 'events':
        if (request.index <= replica.position.appliedIndex + 1)
          return this.#owner.events.read(replica, request, done);
        return this.#confirmed(replica, done, () => this.#owner.events.read(replica, request, done));
      case 'has-quorum':
        return this.#confirmed(replica, done, () => done({ ok: true, value: null }));
      case 'group-state':
        return done({ ok: true, value: stateOf(replica) });
      case 'does-without':
        return this.#owner.decommission().answer(replica, request, done);
      default:
        return this.registry.propose(replica, request, done);
    }
  }

  #move(replica: Replica, request: MoveRequest, done: Done): void {
    switch (request.op) {
      case 'hold-shard':
        return this.#withShard(replica, done, (shard) => this.exports.hold(shard, request, done));
      case 'open-export':
        return this.#confirmed(replica, done, () =>
          this.#withShard(replica, done, (shard) => this.exports.open(replica, shard, request, done)),
        );
      case 'read-export':
        return this.exports.read(replica, request, done);
      case 'close-export':
        return this.exports.close(replica.group, this.#owner.groups.shard(replica.group), request, done);
      default:
        return this.#takeImport(replica, request, done);
    }
  }

  #takeImport(replica: Replica, request: ImportRequest, done: Done): void {
    const refusal = this.#owner.space.refusal(replica);
    if (refusal !== undefined) return this.#notTaken(replica, done);
    this.#confirmed(replica, done, () => this.#imports.serve(replica, request, done));
  }

  #elsewhere(group: GroupId, begun: boolean): Answer {
    const replica = this.#owner.groups.get(group);
    const leader = replica === undefined || replica.isLeader ? null : replica.report.leader;
    return { elsewhere: true, leader, begun, hopeless: this.#owner.groups.isHopeless(group) };
  }

  /**
   * `elsewhere` names the node to ask once the lead is lost; `begun`: the request may have taken effect.
   */
  #withShard(
    replica: Replica,
    done: Done,
    act: (shard: Shard, elsewhere: (begun: boolean) => Answer) => void,
  ): void {
    const shard = this.#owner.leading(replica.group);
    if (shard === undefined) this.#notTaken(replica, done);
    else act(shard, (begun) => this.#elsewhere(replica.group, begun));
  }

  /** A message that changes nothing is handled also where nothing can be written. */
  #message(replica: Replica, attempt: Attempt & { readonly request: ActorRequest }, done: Done): void {
    const elsewhere = (begun: boolean) => this.#elsewhere(replica.group, begun);
    const shard = this.#owner.leading(replica.group);
    if (shard !== undefined) return deliverTo(shard, replica, attempt, elsewhere, done);
    const refusal = this.#owner.space.refusal(replica);
    const reader = refusal && this.#owner.groups.leading(replica.group);
    if (refusal === undefined || reader === undefined) return this.#notTaken(replica, done);
    const { code, message } = refusal;
    deliverTo(reader, replica, attempt, elsewhere, done, { ok: false, code, message });
  }

  /**
   * Another may lead, or is about to; only where nobody can, the space that is missing here is the answer.
   */
  #notTaken(replica: Replica, done: Done): void {
    const refusal = this.#owner.space.refusal(replica);
    if (refusal === undefined) done(NOT_NOW);
    else done({ ok: false, code: refusal.code, message: refusal.message, details: {} });
  }

  /** `answer` once this node is known to lead, with all applied that was committed before. */
  #confirmed(replica: Replica, done: Done, answer: () => void): void {
    this.#owner.readIndex.begin(replica, (leads) => {
      if (leads) answer();
      else done(this.#elsewhere(replica.group, false));
    });
  }
}

/** Requests about the group itself, and of the import. */
const WHILE_IMPORTING: ReadonlySet<ClientRequest['op']> = new Set<ClientRequest['op']>([
  'group-state',
  'has-quorum',
  'does-without',
  'begin-import',
  'import-rows',
  'end-import',
]);

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
