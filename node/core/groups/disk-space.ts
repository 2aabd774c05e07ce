// Effects of a full disk on a node, and how the others learn of it. A node with little space left leads
// nothing that another can lead; a node without space also drops entries, as if the network had lost them. It
// still votes, for which the log reserves room, and follows. Gossip spreads the condition: it saves others
// futile attempts and decides nothing.
import { SeqNodeError } from '../../base/errors.ts';
import type { GroupId, NodeId } from '../../base/ids.ts';
import type { Message } from '../../cluster/consensus/index.ts';
import type { Swim } from '../../cluster/membership/swim.ts';
import type { Replica } from '../../cluster/replica.ts';
import type { StepContext } from '../step-context.ts';
import type { Space } from '../types.ts';

/** The nodes that can lead in place of this one. */
export interface Heirs {
  /** The nodes that could lead the group instead of this one. */
  heirOf(replica: Replica): NodeId | undefined;
  /** Gives all groups to their heirs, as far as they have one. */
  handOver(): void;
}

export interface SpaceOwner {
  readonly swim: Swim;
  readonly groups: { all(): Iterable<Replica> };
  heirs(): Heirs;
}

export class DiskSpace {
  readonly #context: Pick<StepContext, 'time'>;
  readonly #owner: SpaceOwner;
  #own: Space = 'enough';
  /** Other nodes without space. */
  #full: ReadonlySet<NodeId> = new Set();

  constructor(context: Pick<StepContext, 'time'>, owner: SpaceOwner) {
    this.#context = context;
    this.#owner = owner;
  }

  get own(): Space {
    return this.#own;
  }

  change(space: Space): void {
    const { swim, groups, heirs } = this.#owner;
    this.#own = space;
    swim.setLocalFacts(space === 'enough' ? {} : { disk: space }, this.#context.time.now);
    for (const replica of groups.all()) this.tell(replica);
    if (space !== 'enough') heirs().handOver();
  }

  /** Lets a replica know how things stand. */
  tell(replica: Replica): void {
    replica.raft.setReluctant(this.#own !== 'enough');
    replica.raft.setResting(this.#full);
  }

  /** Gossip told something new. */
  heard(): void {
    const full = new Set<NodeId>();
    const [, ...others] = this.#owner.swim.members();
    for (const { node } of others) if (!this.takesEntries(node)) full.add(node);
    if (full.size === this.#full.size && [...full].every((node) => this.#full.has(node))) return;
    this.#full = full;
    for (const replica of this.#owner.groups.all()) this.tell(replica);
  }

  /** Whether the node has space to lead. */
  mayLead(node: NodeId): boolean {
    return this.#of(node) === undefined;
  }

  takesEntries(node: NodeId): boolean {
    return this.#of(node) !== 'full';
  }

  #of(node: NodeId) {
    return this.#owner.swim.member(node)?.facts.disk;
  }

  /** Whether there is space for what the message brings. */
  hasRoomFor(message: Message): boolean {
    if (this.#own !== 'full') return true;
    return message.kind !== 'snapshot' && (message.kind !== 'append' || message.entries.length === 0);
  }

  /**
   * Why this node takes no work for a group that it leads and nobody else can; undefined when it does, or
   * somebody can.
   */
  refusal(replica: Replica): SeqNodeError | undefined {
    if (this.#own === 'enough' || this.#owner.heirs().heirOf(replica) !== undefined) return undefined;
    return new SeqNodeError('disk-full', fullText(replica.group));
  }
}

const fullText = (group: GroupId) =>
  `The node that leads ${group === 0 ? 'the registry' : `shard ${group}`} has no space left on its disk, and no other can lead it now.`;
