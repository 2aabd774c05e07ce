// Cuts the logs of the groups once the store durably holds their entries and no member is likely to request
// them.
import type { Millis, NodeId } from '../../base/ids.ts';
import { namedNodes } from '../../base/log.ts';
import type { Replica } from '../../cluster/replica.ts';
import type { StepContext } from '../step-context.ts';
import type { DiskSpace } from './disk-space.ts';

export interface CompactionOwner {
  readonly space: DiskSpace;
  groups(): Iterable<Replica>;
  /** Whether frames to the node have a path. */
  reaches(node: NodeId): boolean;
}

const LOOK_MS = 300;
/** Entries that stay although all members are there: those that may be under way to one of them. */
const TAIL_ENTRIES = 64;
/** With so many times the bytes that all logs should have, even what a member lacks is cut. */
const CROWDED = 8;

export class LogCompaction {
  readonly #context: StepContext;
  readonly #owner: CompactionOwner;
  #nextLook: Millis = 0;
  #flushing = false;
  /** The logs are cut when they hold more bytes than this together. */
  #cutAbove: number;

  constructor(context: StepContext, owner: CompactionOwner) {
    this.#context = context;
    this.#owner = owner;
    this.#cutAbove = context.limits.logTotalBytes;
  }

  tick(now: Millis): void {
    if (now < this.#nextLook) return;
    this.#nextLook = now + LOOK_MS;
    if (this.#owner.space.own !== 'full') this.#cutLogs();
  }

  // The log may be cut up to what the store holds durably, so one flush comes first; it serves all groups.
  #cutLogs(): void {
    const groups = [...this.#owner.groups()];
    const fits = bytesOf(groups) <= this.#cutAbove && !groups.some((replica) => this.#isLong(replica));
    if (this.#flushing || fits) return;
    this.#flushing = true;
    const applied = groups.map((replica) => [replica, replica.position] as const);
    this.#context.effects.flush(() => {
      this.#flushing = false;
      const { logTotalBytes } = this.#context.limits;
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
    const { logEntries, logBytes } = this.#context.limits;
    return logSize.entries > logEntries || logSize.bytes > logBytes;
  }

  /**
   * Up to where the log may go. While all members are there, what they lack is little; of a member that is
   * away, the log keeps what it will ask for, until it becomes too long: then it is given a snapshot.
   */
  #cutIndex(replica: Replica, crowded: boolean): number {
    const { entries } = replica.logSize;
    const applied = replica.position.appliedIndex;
    const members = namedNodes(replica.config);
    const { reaches, space } = this.#owner;
    const self = this.#context.self.node;
    if (members.every((node) => node === self || (reaches(node) && space.takesEntries(node)))) {
      const held = replica.isLeader ? replica.raft.status().peers.map(({ match }) => match) : [];
      return Math.min(applied - Math.min(TAIL_ENTRIES, Math.floor(entries / 4)), ...held);
    }
    if (!crowded && !this.#isLong(replica)) return 0;
    return applied - Math.floor(Math.min(this.#context.limits.logEntries, entries) / 4);
  }
}

function bytesOf(groups: readonly Replica[]): number {
  return groups.reduce((sum, { logSize }) => sum + logSize.bytes, 0);
}
