// Requests that change the registry, on the node that leads it: members, join tokens and deployed modules.
import type { ErrorCode, SeqNodeError } from '../../base/errors.ts';
import type { NodeId } from '../../base/ids.ts';
import { encodeMetaCommand, type MetaCommand, type MetaResult } from '../../cluster/meta-state.ts';
import type { Replica } from '../../cluster/replica.ts';
import type { StepContext } from '../step-context.ts';
import type { ClientRequest, ClientResult } from '../types.ts';
import { type Answer, NOT_NOW } from './codec.ts';
import type { Departure } from './results.ts';

export type RegistryRequest = ClientRequest & { op: 'deploy' | 'token' | 'admit' | 'readdress' | 'replace' };
export type MemberRequest = ClientRequest & { op: 'remove-node' | 'keep-node' };
type Done = (answer: Answer) => void;

export interface RegistryOwner {
  /** Whether this node accepts new work; if not, `done` is called. */
  takesWork(replica: Replica, done: Done): boolean;
  /** The node to ask instead of this one, which proposed the entry. */
  elsewhere(replica: Replica): Answer;
  /** Groups that may still count on the node that is leaving, and who is still to hear who stays. */
  waitingFor(): Pick<Departure, 'waiting' | 'unaware'>;
}

export class RegistryRequests {
  readonly #context: StepContext;
  readonly #owner: RegistryOwner;
  /** Commands that this node proposed, by the index of their entry. */
  readonly #waiting = new Map<
    number,
    { readonly term: number; readonly done: (result: MetaResult | 'lost') => void }
  >();

  constructor(context: StepContext, owner: RegistryOwner) {
    this.#context = context;
    this.#owner = owner;
  }

  propose(replica: Replica, request: RegistryRequest, done: Done): void {
    const problem = this.#problemOf(request);
    if (problem !== undefined) {
      return done({ ok: false, code: problem.code, message: problem.message, details: problem.details });
    }
    this.#command(replica, this.#commandOf(request), done, () => this.#valueOf(replica, request));
  }

  #command(replica: Replica, command: MetaCommand, done: Done, value: () => unknown): void {
    if (!this.#owner.takesWork(replica, done)) return;
    const proposed = replica.raft.propose([encodeMetaCommand(command)]);
    if (!proposed.ok) return done(NOT_NOW);
    this.#waiting.set(proposed.firstIndex, {
      term: proposed.term,
      done: (result) => {
        if (result === 'lost') done(this.#owner.elsewhere(replica));
        else done(result.ok ? { ok: true, value: value() } : { ...result, details: {} });
      },
    });
    replica.pump();
  }

  /**
   * To be called once this node is known to lead. Who asks again how far a removal is adds nothing to the
   * log.
   */
  member(replica: Replica, { op, member }: MemberRequest, done: Done): void {
    const [found, ...others] = this.#context.registry.called(member);
    const refuse = (code: ErrorCode, message: string) => done({ ok: false, code, message, details: {} });
    if (found === undefined) return refuse('no-such-member', `No member is called ${member}.`);
    if (!found.removed && others.length > 0)
      return refuse('bad-request', `${others.length + 1} members are called ${member}: give the id of one.`);
    const { node, name } = found;
    const value = () => this.#departure(node, name);
    const removing = op === 'remove-node';
    if (removing && value().state !== 'member') return done({ ok: true, value: value() });
    this.#command(replica, { kind: removing ? 'leave' : 'stay', node }, done, value);
  }

  /** What is final can be told by anybody, also by the very node that has left. */
  known(request: ClientRequest): ClientResult | undefined {
    const { registry } = this.#context;
    if (request.op !== 'remove-node' || !registry.wasRemoved(request.member as NodeId)) return undefined;
    const [found] = registry.called(request.member);
    return { ok: true, value: this.#departure(found!.node, found!.name) };
  }

  #departure(asked: NodeId, name: string): Departure {
    const { registry } = this.#context;
    const node = registry.inPlaceOf(asked);
    const known = registry.node(node);
    if (known === undefined) return { node, name, state: 'removed', waiting: [], unaware: [] };
    if (known.leaving === undefined) return { node, name, state: 'member', waiting: [], unaware: [] };
    return { node, name, state: 'leaving', ...this.#owner.waitingFor() };
  }

  // A program that does not compile must not get into the registry, where every node would meet it.
  #problemOf(request: RegistryRequest): SeqNodeError | undefined {
    if (request.op !== 'deploy') return undefined;
    return this.#context.programs.check(request.hash, request.bundle);
  }

  #commandOf(request: RegistryRequest): MetaCommand {
    switch (request.op) {
      case 'deploy':
        return { kind: 'module', hash: request.hash, source: request.bundle };
      case 'token':
        return { kind: 'token', secretHash: request.secretHash, expiresAt: request.expiresAt };
      case 'admit': {
        const { secretHash, peer } = request;
        return { kind: 'admit', secretHash, wall: this.#context.time.wall, peer };
      }
      case 'readdress':
        return { kind: 'readdress', ...request.peer };
      case 'replace':
        return { kind: 'replace', old: request.old, node: request.node };
    }
  }

  #valueOf({ position }: Replica, request: RegistryRequest): unknown {
    if (request.op !== 'admit' && request.op !== 'replace') return null;
    const { cluster, registry } = this.#context;
    return { cluster, index: position.appliedIndex, peers: registry.nodes() };
  }

  applied(index: number, term: number, result: MetaResult): void {
    const waiting = this.#waiting.get(index);
    if (waiting === undefined) return;
    this.#waiting.delete(index);
    // Another leader's entry may have taken the place of the proposal.
    waiting.done(waiting.term === term ? result : 'lost');
  }

  /** This node leads the registry no more. */
  lost(): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { done } of waiting) done('lost');
  }
}
