// Linearizable reads: a leader answers only after a majority has confirmed that it still leads, and from a
// state that holds everything that was committed when the read began (Raft dissertation, section 6.4).
//
// Invariants
//  I1  A read is confirmed by a round of heartbeats that began after the read did.
//  I2  A group has one round under way at most: reads that begin meanwhile share the next one.
import type { GroupId, LogIndex } from '../../base/ids.ts';
import type { Replica } from '../../cluster/replica.ts';

/** `false`: this node does not lead the group, or no more. */
type Done = (leads: boolean) => void;

/** Reads that may be answered once the store holds the entries up to `index`. */
interface Confirmed {
  readonly index: LogIndex;
  readonly reads: readonly Done[];
}

class GroupReads {
  readonly replica: Replica;
  /** Reads that wait for the next round. */
  next: Done[] = [];
  /** The round under way. */
  round: { readonly context: number; readonly reads: readonly Done[] } | undefined;
  confirmed: Confirmed[] = [];

  constructor(replica: Replica) {
    this.replica = replica;
  }
}

export class ReadIndex {
  readonly #groups = new Map<GroupId, GroupReads>();
  /** Groups with reads that may need a round. */
  readonly #waiting = new Set<GroupReads>();
  #nextContext = 1;

  /** `done` is called after the next `pump` at the earliest. */
  begin(replica: Replica, done: Done): void {
    const reads = this.#of(replica);
    reads.next.push(done);
    this.#waiting.add(reads);
  }

  #of(replica: Replica): GroupReads {
    let reads = this.#groups.get(replica.group);
    if (reads === undefined) {
      reads = new GroupReads(replica);
      this.#groups.set(replica.group, reads);
    }
    return reads;
  }

  /** Starts the rounds that are due. Returns whether there was one. */
  pump(): boolean {
    let started = false;
    for (const reads of this.#waiting) {
      this.#waiting.delete(reads);
      if (reads.round !== undefined || reads.next.length === 0) continue;
      started = true;
      this.#startRound(reads);
    }
    return started;
  }

  #startRound(reads: GroupReads): void {
    const { replica, next } = reads;
    const context = this.#nextContext++;
    reads.next = [];
    if (!replica.raft.readIndex(context).ok) return tell(next, false);
    reads.round = { context, reads: next };
    replica.pump();
  }

  /**
   * `done` once an entry that is appended now, of `data`, is applied under this leadership. What was in force
   * before is then in force for every later leader: each holder of the entry knows of it.
   */
  settle(replica: Replica, data: Uint8Array, done: Done): void {
    const proposed = replica.raft.propose([data]);
    if (!proposed.ok) return done(false);
    this.#of(replica).confirmed.push({ index: proposed.firstIndex, reads: [done] });
    replica.pump();
  }

  confirmed(replica: Replica, context: number, index: LogIndex): void {
    const reads = this.#groups.get(replica.group);
    if (reads?.round === undefined || reads.round.context !== context) return;
    reads.confirmed.push({ index, reads: reads.round.reads });
    reads.round = undefined;
    if (reads.next.length > 0) this.#waiting.add(reads);
    this.applied(replica);
  }

  applied(replica: Replica): void {
    const reads = this.#groups.get(replica.group);
    if (reads === undefined || reads.confirmed.length === 0) return;
    const { appliedIndex } = replica.position;
    const due = reads.confirmed.filter(({ index }) => index <= appliedIndex);
    if (due.length === 0) return;
    reads.confirmed = reads.confirmed.filter(({ index }) => index > appliedIndex);
    for (const each of due) tell(each.reads, true);
  }

  /** The replica leads no more, or in another term: its reads are void. */
  lost(group: GroupId): void {
    const reads = this.#groups.get(group);
    if (reads === undefined) return;
    this.#groups.delete(group);
    this.#waiting.delete(reads);
    for (const each of reads.confirmed) tell(each.reads, false);
    tell(reads.round?.reads ?? [], false);
    tell(reads.next, false);
  }
}

function tell(reads: readonly Done[], leads: boolean): void {
  for (const done of reads) done(leads);
}
