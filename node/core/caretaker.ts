// What a leader does for its group besides its work: brings the members to what the registry wants, hands the leadership to
// the preferred node, and lets the log be cut.
import type { GroupId, Millis, NodeId } from '../base/ids.ts';
import { namedNodes } from '../base/log.ts';
import type { ConfigStep } from '../cluster/consensus/index.ts';
import type { RegisteredNode } from '../cluster/meta-state.ts';
import { nextConfigStep, preferredLeader } from '../cluster/placement.ts';
import type { Replica } from '../cluster/replica.ts';
import type { DiskSpace } from './disk-space.ts';
import type { ClientRequest, ClientResult, CoreLimits, Fields } from './types.ts';

export interface CaretakerOwner {
  readonly self: NodeId;
  readonly replicas: number;
  readonly limits: CoreLimits;
  readonly faults: ReadonlySet<string>;
  readonly space: DiskSpace;
  groups(): Iterable<Replica>;
  /** Registered nodes in the order of admission. */
  registered(): readonly RegisteredNode[];
  /** Up to which entry the registry is known here. */
  registryIndex(): number;
  submit(request: ClientRequest, done: (result: ClientResult) => void): void;
  isConnected(node: NodeId): boolean;
  /** Whether frames to the node have a path. */
  reaches(node: NodeId): boolean;
  flush(done: () => void): void;
  log(level: 'info', event: string, fields: Fields): void;
}

/** The lead of a group, in one term. */
interface Lead {
  since: Millis;
  /** Up to which entry the registry was committed at a moment after this lead began. */
  registry: number | undefined;
}

const CARE_MS = 300;
const READ_MS = 2000;
/** A leader stays where it is for so long before it moves to the preferred node, lest leaders chase each other. */
const SETTLE_MS = 3000;
/** A member counts as caught up when it lacks no more entries than this. */
const LAG_MAX = 16;
/** Entries that stay although all members are there: those that may be under way to one of them. */
const TAIL_ENTRIES = 64;
/** With so many times the bytes that all logs should have, even what a member lacks is cut. */
const CROWDED = 8;

export class Caretaker {
  readonly #owner: CaretakerOwner;
  readonly #leads = new Map<GroupId, Lead>();
  #reading = false;
  #nextCare: Millis = 0;
  #flushing = false;
  /** The logs are cut when they hold more bytes than this together. */
  #cutAbove: number;

  constructor(owner: CaretakerOwner) {
    this.#owner = owner;
    this.#cutAbove = owner.limits.logTotalBytes;
  }

  roleChanged(replica: Replica, now: Millis): void {
    if (replica.isLeader) this.#leads.set(replica.group, { since: now, registry: undefined });
    else this.#leads.delete(replica.group);
  }

  tick(now: Millis): void {
    if (now < this.#nextCare) return;
    this.#nextCare = now + CARE_MS;
    const { space } = this.#owner;
    if (space.own === 'enough') this.#careForGroups(now);
    else this.handOver();
    if (space.own !== 'full') this.#cutLogs();
  }

  #careForGroups(now: Millis): void {
    const registered = this.#owner.registered();
    const isLeaving = ({ leaving }: RegisteredNode) => leaving !== undefined;
    const leaving = registered.filter(isLeaving).map(({ node }) => node);
    const nodes = registered.filter((each) => !isLeaving(each)).map(({ node }) => node);
    for (const replica of this.#owner.groups()) {
      if (!replica.isLeader) continue;
      if (!this.#reconfigure(replica, nodes, leaving)) this.#handToPreferred(replica, nodes, now);
    }
  }

  #reconfigure(replica: Replica, nodes: readonly NodeId[], leaving: readonly NodeId[]): boolean {
    const { raft, group, config } = replica;
    const status = raft.status();
    const peers = new Map(status.peers.map((peer) => [peer.node, peer]));
    const caughtUp = (node: NodeId) => {
      const peer = peers.get(node);
      return node === this.#owner.self || (peer?.active === true && status.lastIndex - peer.match <= LAG_MAX);
    };
    const step = nextConfigStep(group, config, nodes, this.#owner.replicas, caughtUp, leaving);
    if (step === undefined) return config.outgoing.length > 0;
    if (!this.#knowsRegistry(group)) return true;
    const steps: ConfigStep[] = [
      ...step.addLearners.map((node) => ({ op: 'add-learner', node }) as const),
      ...step.addVoters.map((node) => ({ op: 'add-voter', node }) as const),
      ...step.remove.map((node) => ({ op: 'remove', node }) as const),
    ];
    const proposed = raft.proposeConfig({ steps });
    replica.pump();
    if (proposed.ok) {
      this.#owner.log('info', 'configuration-proposed', {
        group,
        learners: step.addLearners.length,
        voters: step.addVoters.length,
        removed: step.remove.length,
      });
    }
    return true;
  }

  /**
   * Whether the registry here is as new as it was when the lead of the group began, or newer. A leader that is behind might bring back a
   * node that an earlier leader took out for good.
   */
  #knowsRegistry(group: GroupId): boolean {
    if (this.#owner.faults.has('stale-registry')) return true;
    const index = this.#leads.get(group)?.registry;
    if (index === undefined) this.#readRegistry();
    return index !== undefined && this.#owner.registryIndex() >= index;
  }

  #readRegistry(): void {
    if (this.#reading) return;
    this.#reading = true;
    const leads = [...this.#leads.values()];
    this.#owner.submit({ op: 'registry-index', timeoutMs: READ_MS }, (result) => {
      this.#reading = false;
      if (result.ok) for (const lead of leads) lead.registry ??= result.value as number;
    });
  }

  #handToPreferred(replica: Replica, nodes: readonly NodeId[], now: Millis): void {
    const { raft, group, config } = replica;
    const preferred = preferredLeader(group, nodes, this.#owner.replicas);
    if (preferred === undefined || preferred === this.#owner.self || !config.voters.includes(preferred))
      return;
    const lead = this.#leads.get(group);
    if (lead === undefined || now - lead.since < SETTLE_MS || !this.#owner.isConnected(preferred)) return;
    if (!this.#owner.space.mayLead(preferred)) return;
    const status = raft.status();
    const peer = status.peers.find(({ node }) => node === preferred);
    if (peer === undefined || !peer.active || status.lastIndex - peer.match > LAG_MAX) return;
    lead.since = now;
    raft.transferLeadership(preferred);
    replica.pump();
  }

  /** Hands every group that this node leads to another voter. Returns whether any is left. */
  handOver(): boolean {
    let left = false;
    for (const replica of this.#owner.groups()) {
      if (!replica.isLeader) continue;
      const heir = this.heirOf(replica);
      if (heir === undefined) continue;
      left = true;
      if (replica.raft.status().transferringTo !== null) continue;
      replica.raft.transferLeadership(heir);
      replica.pump();
    }
    return left;
  }

  /** The voter that can lead the group in the place of this node, and lacks the least for it. */
  heirOf({ raft, config }: Replica): NodeId | undefined {
    const { reaches, space } = this.#owner;
    const [best] = raft
      .status()
      .peers.filter(
        ({ node, active }) => active && config.voters.includes(node) && reaches(node) && space.mayLead(node),
      )
      .sort((a, b) => b.match - a.match);
    return best?.node;
  }

  // The log may be cut up to what the store holds durably, so one flush comes first; it serves all groups.
  #cutLogs(): void {
    const groups = [...this.#owner.groups()];
    const fits = bytesOf(groups) <= this.#cutAbove && !groups.some((replica) => this.#isLong(replica));
    if (this.#flushing || fits) return;
    this.#flushing = true;
    const applied = groups.map((replica) => [replica, replica.position] as const);
    this.#owner.flush(() => {
      this.#flushing = false;
      const { logTotalBytes } = this.#owner.limits;
      const crowded = bytesOf(groups) > CROWDED * logTotalBytes;
      for (const [replica, position] of applied) {
        if (replica.position.generation !== position.generation) continue;
        const index = Math.min(position.appliedIndex, this.#cutIndex(replica, crowded));
        replica.compact(index as typeof position.appliedIndex);
        replica.pump();
      }
      // What stays is needed: to ask for it again and again would sync the store for nothing.
      this.#cutAbove = Math.max(logTotalBytes, 2 * bytesOf(groups));
    });
  }

  #isLong({ logSize }: Replica): boolean {
    const { logEntries, logBytes } = this.#owner.limits;
    return logSize.entries > logEntries || logSize.bytes > logBytes;
  }

  /**
   * Up to where the log may go. While all members are there, what they lack is little; of a member that is away, the log keeps what it
   * will ask for, until it becomes too long: then it is given a snapshot.
   */
  #cutIndex(replica: Replica, crowded: boolean): number {
    const { entries } = replica.logSize;
    const applied = replica.position.appliedIndex;
    const members = namedNodes(replica.config);
    const { self, reaches, space } = this.#owner;
    if (members.every((node) => node === self || (reaches(node) && space.takesEntries(node)))) {
      const held = replica.isLeader ? replica.raft.status().peers.map(({ match }) => match) : [];
      return Math.min(applied - Math.min(TAIL_ENTRIES, Math.floor(entries / 4)), ...held);
    }
    if (!crowded && !this.#isLong(replica)) return 0;
    return applied - Math.floor(Math.min(this.#owner.limits.logEntries, entries) / 4);
  }
}

function bytesOf(groups: readonly Replica[]): number {
  return groups.reduce((sum, { logSize }) => sum + logSize.bytes, 0);
}
