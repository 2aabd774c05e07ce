// How a node leaves the cluster. The registry keeps it as leaving; the leaders of all groups, who see that,
// bring their groups to do without it (rebalancer.ts). The registry's leader asks each of them until all have
// said that they do, and only then has the node removed. Whoever is told that a node is removed may switch it
// off.
//
// Invariants
//  P1  A group's leader says that its group does without the node only if it knows of this very leaving, its
//      configuration in force does not name the node, and an entry that it appended after that is committed:
//      so whoever leads later knows that configuration.
//  P2  Whoever comes to lead a group changes its members only after it has read the registry anew. By P1 it
//      was elected after the leaving was committed, or its changes cannot be: so what a group said holds for
//      as long as the node is leaving, and the answers may be gathered one after the other.
//  P3  What was gathered is of no use to another leader of the registry, which asks anew. Nothing of it is
//      stored.
//  P4  While the node can still tell, it is not removed before each member that stays knows, also after a
//      crash, who the others are and where. One that was away may know nobody else: of three nodes it would
//      not be found by the one that came meanwhile, if the third then fails.
import { type GroupId, groupId, META_GROUP, type Millis, type NodeId } from '../../base/ids.ts';
import type { ConfigState } from '../../base/log.ts';
import type { Peer } from '../../base/peer.ts';
import { encodeMetaCommand } from '../../cluster/meta-state.ts';
import type { Replica } from '../../cluster/replica.ts';
import { encodeCommands } from '../../runtime/shard/entry.ts';
import type { ReadIndex } from '../groups/read-index.ts';
import type { Answer } from '../requests/codec.ts';
import type { StepContext } from '../step-context.ts';
import type { ClientRequest, ClientResult } from '../types.ts';

export interface DecommissionOwner {
  readonly readIndex: ReadIndex;
  /** The replica of the registry on this node. */
  registryReplica(): Replica | undefined;
  /** The members, but for `except`, that may not know the registry up to `index`. */
  unaware(index: number, except: NodeId): readonly Peer[];
  /** For how long the node has not been linked with this one. */
  unlinkedMs(node: NodeId): Millis;
  submit(request: ClientRequest, done: (result: ClientResult) => void): void;
}

/** A node that leaves, as the registry's leader of one term sees it. */
interface Leaving {
  readonly node: NodeId;
  readonly since: number;
  readonly term: number;
  readonly waiting: Set<GroupId>;
  readonly asked: Set<GroupId>;
}

const ASK_MS = 300;
const ANSWER_MS = 2000;
/** A leaving node that has been silent for so long tells nobody anything any more. */
const SILENT_MS = 60_000;

export class Decommission {
  readonly #context: StepContext;
  readonly #owner: DecommissionOwner;
  #leaving: Leaving | undefined;
  #nextAsk: Millis = 0;

  constructor(context: StepContext, owner: DecommissionOwner) {
    this.#context = context;
    this.#owner = owner;
  }

  /**
   * The groups that have not said yet that they do without the leaving node; of interest on the registry's
   * leader.
   */
  get waiting(): readonly GroupId[] {
    return [...(this.#present()?.waiting ?? [])].sort((a, b) => a - b);
  }

  tick(now: Millis): void {
    if (now < this.#nextAsk) return;
    this.#nextAsk = now + ASK_MS;
    const leaving = this.#present();
    if (leaving === undefined) return;
    const tooEarly = this.#context.faults.has('removed-too-early');
    if (leaving.waiting.size > 0 && !tooEarly) this.#ask(leaving);
    else if (this.unaware.length === 0) this.#remove(leaving);
  }

  /** The members that are to hear who stays before the node may go. See P4. */
  get unaware(): readonly Peer[] {
    const { faults } = this.#context;
    const leaving = this.#present();
    if (leaving === undefined || faults.has('removed-unheard')) return [];
    const { node, since } = leaving;
    return this.#owner.unlinkedMs(node) >= SILENT_MS ? [] : this.#owner.unaware(since, node);
  }

  #present(): Leaving | undefined {
    const { registry, cluster } = this.#context;
    const replica = this.#owner.registryReplica();
    const known = registry.leaving();
    const before = this.#leaving;
    if (known === undefined || !replica?.isLeader) {
      this.#leaving = undefined;
      return undefined;
    }
    const { node, leaving: since } = known;
    const { term } = replica.report;
    if (before?.node !== node || before.since !== since || before.term !== term) {
      const groups = Array.from({ length: cluster.shards + 1 }, (_, number) => groupId(number));
      this.#leaving = { node, since, term, waiting: new Set(groups), asked: new Set() };
    }
    return this.#leaving;
  }

  #ask(leaving: Leaving): void {
    const { node, since, waiting, asked } = leaving;
    for (const group of waiting) {
      if (asked.has(group)) continue;
      asked.add(group);
      this.#owner.submit({ op: 'does-without', group, node, since, timeoutMs: ANSWER_MS }, (result) => {
        asked.delete(group);
        if (result.ok && result.value === true) waiting.delete(group);
      });
    }
  }

  #remove({ node, since }: Leaving): void {
    const replica = this.#owner.registryReplica()!;
    const proposed = replica.raft.propose([encodeMetaCommand({ kind: 'left', node, since })]);
    replica.pump();
    if (proposed.ok) this.#context.log('info', 'removal-proposed', { node });
  }

  /** The answer of a group's leader. See P1. */
  answer(
    replica: Replica,
    { node, since }: ClientRequest & { op: 'does-without' },
    done: (answer: Answer) => void,
  ): void {
    const meta = this.#context.registry;
    const no = () => done({ ok: true, value: false });
    const isKnown = () => meta.wasRemoved(node) || meta.node(node)?.leaving === since;
    if (!isKnown() || countsOn(replica, node)) return no();
    const isRegistry = replica.group === META_GROUP;
    // The registry holds commands: one that it has carried out already says nothing new.
    const data = isRegistry ? encodeMetaCommand({ kind: 'leave', node }) : encodeCommands([], []);
    this.#owner.readIndex.settle(replica, data, (leads) => {
      if (!leads || countsOn(replica, node)) return no();
      done({ ok: true, value: true });
    });
  }
}

/** A leaving node follows the registry, without a vote, until it is removed: so it learns of that. */
function countsOn({ group, config }: Replica, node: NodeId): boolean {
  const { voters, outgoing, learners, learnersNext }: ConfigState = config;
  const votes = voters.includes(node) || outgoing.includes(node);
  return group === META_GROUP ? votes : votes || learners.includes(node) || learnersNext.includes(node);
}
