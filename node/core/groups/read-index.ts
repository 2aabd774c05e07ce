// Linearizable reads: a leader answers only after a majority has confirmed that it still leads, and from a state that holds
// everything that was committed when the read began (Raft dissertation, section 6.4).
import type { GroupId, LogIndex } from '../../base/ids.ts';
import type { Replica } from '../../cluster/replica.ts';

interface Read {
  readonly group: GroupId;
  index: LogIndex | undefined;
  /** `false`: this node does not lead the group, or no more. */
  readonly done: (leads: boolean) => void;
}

export class ReadIndex {
  readonly #reads = new Map<number, Read>();
  #nextContext = 1;

  begin(replica: Replica, done: (leads: boolean) => void): void {
    const context = this.#nextContext++;
    this.#reads.set(context, { group: replica.group, index: undefined, done });
    if (!replica.raft.readIndex(context).ok) {
      this.#reads.delete(context);
      done(false);
    }
  }

  /**
   * `done` once an entry that is appended now, of `data`, is applied under this leadership. What was in force before is then in force for
   * whoever leads later: whoever holds the entry knows of it.
   */
  settle(replica: Replica, data: Uint8Array, done: (leads: boolean) => void): void {
    const proposed = replica.raft.propose([data]);
    if (!proposed.ok) return done(false);
    this.#reads.set(this.#nextContext++, { group: replica.group, index: proposed.firstIndex, done });
    replica.pump();
  }

  confirmed(replica: Replica, context: number, index: LogIndex): void {
    const read = this.#reads.get(context);
    if (read === undefined) return;
    read.index = index;
    this.applied(replica);
  }

  applied(replica: Replica): void {
    for (const [context, read] of this.#reads) {
      if (
        read.group !== replica.group ||
        read.index === undefined ||
        read.index > replica.position.appliedIndex
      )
        continue;
      this.#reads.delete(context);
      read.done(true);
    }
  }

  /** The replica leads no more: its reads are void. */
  lost(group: GroupId): void {
    for (const [context, read] of this.#reads) {
      if (read.group !== group) continue;
      this.#reads.delete(context);
      read.done(false);
    }
  }
}
