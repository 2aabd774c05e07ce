// What a leader knows of one follower, and how fast it may send to it (dissertation, section 10.2.1;
// etcd/raft, tracker).
//
//  probe      where the logs agree is not known: one append at a time, each answered before the next
//  replicate  the follower keeps up: appends are sent ahead of their answers, within a window
//  snapshot   the log no longer reaches back far enough: nothing is appended until a snapshot is installed
//
// Invariants
//  P1. match < next: the follower durably holds all up to `match`; all below `next` is sent or held.
//  P2. `match` never falls while one leader leads.
//  P3. The window holds at most its capacity of messages, by rising last index.
import { invariant } from '../../base/assert.ts';
import type { LogIndex } from '../../base/ids.ts';

export type ProgressState = 'probe' | 'replicate' | 'snapshot';

export class Progress {
  match = 0 as LogIndex;
  next: LogIndex;
  state: ProgressState = 'probe';
  /** No append may be sent until an answer, or a heartbeat's answer, comes. */
  paused = false;
  /** An append is due even if it carries no entries. */
  wantsEmpty = false;
  /** The highest commit index that is on its way to the follower. */
  sentCommit = 0;
  /**
   * The leader's tick at which the follower was last heard, or, until it is, at which it was first followed.
   */
  heardAtTick: number;
  /** The follower has answered this leader. */
  answered = false;
  /** The newest read round that the follower has confirmed. */
  round = 0;
  /** In `snapshot`: the index that the snapshot was asked for. */
  pendingSnapshot = 0 as LogIndex;
  /** Last indexes of the append messages under way, oldest first. */
  #window: number[] = [];
  readonly #capacity: number;

  constructor(next: LogIndex, capacity: number, tick: number) {
    invariant(next >= 1, 'P1: next starts at 1');
    this.next = next;
    this.#capacity = capacity;
    this.heardAtTick = tick;
  }

  get inflight(): number {
    return this.#window.length;
  }

  get full(): boolean {
    return this.#window.length >= this.#capacity;
  }

  get mayAppend(): boolean {
    return this.state !== 'snapshot' && !this.paused;
  }

  becomeProbe(): void {
    // After a snapshot, go on where it is believed to have brought the follower.
    const base = this.state === 'snapshot' ? Math.max(this.match, this.pendingSnapshot) : this.match;
    this.#reset('probe', base + 1);
  }

  becomeReplicate(): void {
    this.#reset('replicate', this.match + 1);
  }

  becomeSnapshot(index: LogIndex): void {
    invariant(index > this.match, 'P1: a snapshot brings the follower forward');
    this.#reset('snapshot', index + 1);
    this.pendingSnapshot = index;
  }

  /** The transfer is over. At the next sign of life, probe from where it should have brought the follower. */
  snapshotEnded(moved: boolean): void {
    if (!moved) this.pendingSnapshot = 0 as LogIndex;
    this.becomeProbe();
    this.paused = true;
  }

  #reset(state: ProgressState, next: number): void {
    this.state = state;
    this.next = next as LogIndex;
    this.paused = false;
    this.wantsEmpty = state === 'probe';
    this.pendingSnapshot = 0 as LogIndex;
    this.#window = [];
    this.sentCommit = Math.min(this.sentCommit, next - 1);
  }

  /** An append of `count` entries from `next`, with this commit index, is on its way. */
  sent(count: number, commit: number): void {
    invariant(this.mayAppend, 'an append is sent only when it may be');
    this.wantsEmpty = false;
    this.sentCommit = Math.max(this.sentCommit, commit);
    if (this.state === 'probe') {
      this.paused = true;
      return;
    }
    if (count > 0) {
      invariant(!this.full, 'P3: the window has room');
      this.next = (this.next + count) as LogIndex;
      this.#window.push(this.next - 1);
    }
    this.paused = this.full;
  }

  /** Whether telling this commit index could bring the follower forward. */
  commitIsNews(commit: number): boolean {
    return commit > this.sentCommit && this.sentCommit < this.next - 1;
  }

  /** The follower holds all up to `index`. False if that was known. */
  acknowledged(index: LogIndex): boolean {
    if (index <= this.match) return false;
    this.match = index;
    this.next = Math.max(this.next, index + 1) as LogIndex;
    this.paused = false;
    let freed = 0;
    while (freed < this.#window.length && this.#window[freed]! <= index) freed++;
    if (freed > 0) this.#window.splice(0, freed);
    return true;
  }

  /**
   * The follower refused an append whose previous index was `refused`, and may agree at `hint`. False if the
   * refusal is of a message that later ones have overtaken.
   */
  refused(refused: LogIndex, hint: LogIndex): boolean {
    if (this.state === 'snapshot') return false;
    if (this.state === 'replicate') {
      if (refused <= this.match) return false;
      this.becomeProbe();
      return true;
    }
    if (this.next - 1 !== refused) return false;
    this.next = Math.max(Math.min(refused, hint + 1), this.match + 1) as LogIndex;
    this.sentCommit = Math.min(this.sentCommit, this.next - 1);
    this.paused = false;
    this.wantsEmpty = true;
    return true;
  }

  assertSound(lastIndex: LogIndex): void {
    invariant(this.match < this.next, 'P1: match < next');
    invariant(this.match <= lastIndex, 'a follower does not hold what its leader lacks');
    invariant(this.#window.length <= this.#capacity, 'P3: the window is within its capacity');
  }
}
