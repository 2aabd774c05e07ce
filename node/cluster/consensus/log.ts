// The log of a replica as it stands in memory: what follows the snapshot, and how far it is written, durable,
// committed, handed out and applied.
//
// Invariants
//  L1. snapshotIndex ≤ applied ≤ handedOut ≤ committed ≤ lastIndex.
//  L2. handedOut ≤ durable ≤ asked ≤ lastIndex: only what is durable here is applied here.
//  L3. Indexes are contiguous; terms never fall along the log.
//  L4. Nothing at or below `committed` is ever replaced.
//  L5. `durable` counts an entry only if the write that carried this very entry has ended and no later write,
//      ended or not, replaces it. Writes end in the order in which they were asked for, so a truncation
//      shortens the reach of all writes under way; an entry that comes back with the same index and term is
//      written, and counted, anew.
import { invariant } from '../../base/assert.ts';
import type { LogIndex, Term } from '../../base/ids.ts';
import type { Entry } from '../../base/log.ts';

/**
 * A position: the log that holds `term` at `index` holds one and the same prefix wherever it does (log
 * matching).
 */
export interface Position {
  readonly index: LogIndex;
  readonly term: Term;
}

interface PendingWrite {
  readonly serial: number;
  /** The last index that the write makes durable. */
  reach: number;
}

/** What one entry takes on its way, besides its data. */
const ENTRY_OVERHEAD_BYTES = 24;
export const entryBytes = (entry: Entry) => entry.data.length + ENTRY_OVERHEAD_BYTES;

export class RaftLog {
  #snapshot: Position;
  /**
   * `#snapshot.index`. It is read many times a step, and the engine did not keep what it learned of that
   * property: it compiled each function that read it again some five times a second, and ran it slowly
   * between.
   */
  #base: number;
  #entries: Entry[];
  #bytes = 0;
  #unappliedBytes = 0;
  #committed: number;
  #handedOut: number;
  #applied: number;
  #asked: number;
  #durable: number;
  #pending: PendingWrite[] = [];

  constructor(snapshot: Position, entries: readonly Entry[], committed: LogIndex, applied: LogIndex) {
    this.#snapshot = { index: snapshot.index, term: snapshot.term };
    this.#base = snapshot.index;
    this.#entries = [];
    this.#committed = Math.max(committed, applied);
    this.#applied = applied;
    this.#handedOut = applied;
    this.#push(entries);
    this.#asked = this.lastIndex;
    this.#durable = this.lastIndex;
    this.assertSound();
  }

  get snapshot(): Position {
    return this.#snapshot;
  }
  get snapshotIndex(): LogIndex {
    return this.#base as LogIndex;
  }
  get lastIndex(): LogIndex {
    return (this.#base + this.#entries.length) as LogIndex;
  }
  get lastTerm(): Term {
    return this.#entries.at(-1)?.term ?? this.#snapshot.term;
  }
  get committed(): LogIndex {
    return this.#committed as LogIndex;
  }
  get applied(): LogIndex {
    return this.#applied as LogIndex;
  }
  get handedOut(): LogIndex {
    return this.#handedOut as LogIndex;
  }
  get durable(): LogIndex {
    return this.#durable as LogIndex;
  }
  /** Bytes of the entries in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of the entries that are not applied yet. */
  get unappliedBytes(): number {
    return this.#unappliedBytes;
  }

  /** The term at `index`, or undefined outside of the log; the snapshot's own index is inside. */
  termAt(index: number): Term | undefined {
    if (index === this.#base) return this.#snapshot.term;
    return this.#entries[index - this.#base - 1]?.term;
  }

  entryAt(index: number): Entry | undefined {
    return this.#entries[index - this.#base - 1];
  }

  holds(index: LogIndex, term: Term): boolean {
    return this.termAt(index) === term;
  }

  /** Whether a log that ends there has all that this one may have committed (paper, section 5.4.1). */
  isCoveredBy(lastIndex: LogIndex, lastTerm: Term): boolean {
    return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.lastIndex);
  }

  /**
   * Entries from `from` to `to`, both included, cut where their bytes exceed `maxBytes`; the first always
   * fits.
   */
  range(from: number, to: number, maxBytes: number): readonly Entry[] {
    const start = from - this.#base - 1;
    const limit = Math.min(to - this.#base, this.#entries.length);
    invariant(start >= 0, 'entries before the log are gone');
    if (start >= limit) return NO_ENTRIES;
    let bytes = entryBytes(this.#entries[start]!);
    let end = start + 1;
    while (end < limit) {
      bytes += entryBytes(this.#entries[end]!);
      if (bytes > maxBytes) break;
      end++;
    }
    return this.#entries.slice(start, end);
  }

  /** Appends what continues the log. */
  append(entries: readonly Entry[]): void {
    this.#push(entries);
  }

  #push(entries: readonly Entry[]): void {
    for (const entry of entries) {
      invariant(entry.index === this.lastIndex + 1, 'L3: indexes are contiguous');
      invariant(entry.term >= this.lastTerm, 'L3: terms never fall');
      this.#entries.push(entry);
      this.#bytes += entryBytes(entry);
      if (entry.index > this.#applied) this.#unappliedBytes += entryBytes(entry);
    }
  }

  /** Drops everything from `index` on. `keepReach` is the seeded fault of L5. */
  truncate(index: number, keepReach: boolean): void {
    invariant(index > this.#committed, 'L4: what is committed is not replaced');
    const keep = index - this.#base - 1;
    for (const entry of this.#entries.slice(keep)) {
      this.#bytes -= entryBytes(entry);
      this.#unappliedBytes -= entryBytes(entry);
    }
    this.#entries.length = keep;
    this.#asked = Math.min(this.#asked, index - 1);
    this.#durable = Math.min(this.#durable, index - 1);
    if (keepReach) return;
    for (const write of this.#pending) write.reach = Math.min(write.reach, index - 1);
  }

  /**
   * The highest position at or below `index` whose term is at most `term`: below a refused position, the logs
   * of two replicas can agree no higher. At the log's beginning the answer may be unknown, which is term 0.
   */
  agreementHint(index: number, term: Term): Position {
    let at = Math.min(index, this.lastIndex);
    while (at > this.#base && this.termAt(at)! > term) at--;
    return { index: at as LogIndex, term: (this.termAt(at) ?? 0) as Term };
  }

  /** Raises the commit index. True if it was news. */
  commitTo(index: number): boolean {
    if (index <= this.#committed) return false;
    invariant(index <= this.lastIndex, 'L1: only what the log holds is committed');
    this.#committed = index;
    return true;
  }

  /** Whether there are entries that no write was asked for. */
  get hasUnwritten(): boolean {
    return this.#asked < this.lastIndex;
  }

  /** The entries that no write was asked for yet; the write `serial` is asked for by this. */
  takeUnwritten(serial: number): readonly Entry[] {
    const entries = this.#entries.slice(this.#asked - this.#base);
    this.#asked = this.lastIndex;
    if (entries.length > 0) this.#pending.push({ serial, reach: this.#asked });
    return entries;
  }

  /** The writes up to `serial` are durable. */
  written(serial: number): void {
    let ended = 0;
    for (const write of this.#pending) {
      if (write.serial > serial) break;
      this.#durable = Math.max(this.#durable, Math.min(write.reach, this.lastIndex));
      ended++;
    }
    this.#pending.splice(0, ended);
  }

  get hasCommitted(): boolean {
    return this.#handedOut < Math.min(this.#committed, this.#durable);
  }

  /** The next entries to apply: committed, and durable here. */
  takeCommitted(maxBytes: number): readonly Entry[] {
    if (!this.hasCommitted) return NO_ENTRIES;
    const entries = this.range(this.#handedOut + 1, Math.min(this.#committed, this.#durable), maxBytes);
    this.#handedOut += entries.length;
    return entries;
  }

  appliedTo(index: number): void {
    invariant(index >= this.#applied && index <= this.#handedOut, 'L1: only what was handed out is applied');
    while (this.#applied < index) this.#unappliedBytes -= entryBytes(this.entryAt(++this.#applied)!);
  }

  /** Forgets the entries up to `index`. */
  compact(index: LogIndex): void {
    if (index <= this.#base) return;
    invariant(index <= this.#applied, 'L1: only what is applied is compacted');
    const term = this.termAt(index)!;
    const dropped = index - this.#base;
    for (let at = 0; at < dropped; at++) this.#bytes -= entryBytes(this.#entries[at]!);
    this.#entries = this.#entries.slice(dropped);
    this.#snapshot = { index, term };
    this.#base = index;
  }

  /** The state machine and the log on disk now begin at a snapshot that this log does not reach. */
  restore(snapshot: Position): void {
    invariant(snapshot.index > this.#committed, 'L4: a snapshot does not go back');
    this.#snapshot = { index: snapshot.index, term: snapshot.term };
    this.#base = snapshot.index;
    this.#entries = [];
    this.#bytes = 0;
    this.#unappliedBytes = 0;
    this.#pending = [];
    this.#committed = snapshot.index;
    this.#handedOut = snapshot.index;
    this.#applied = snapshot.index;
    this.#asked = snapshot.index;
    this.#durable = snapshot.index;
  }

  assertSound(): void {
    invariant(
      this.#base <= this.#applied && this.#applied <= this.#handedOut,
      'L1: snapshot ≤ applied ≤ handed out',
    );
    invariant(
      this.#handedOut <= this.#committed && this.#committed <= this.lastIndex,
      'L1: ≤ committed ≤ last',
    );
    invariant(this.#handedOut <= this.#durable, 'L2: what was handed out is durable');
    invariant(this.#durable <= this.#asked && this.#asked <= this.lastIndex, 'L2: durable ≤ asked ≤ last');
  }
}

const NO_ENTRIES: readonly Entry[] = Object.freeze([]);
