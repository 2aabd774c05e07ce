// The content of a log by group, in memory: the fold of all its writes. Recovery builds it; the writer
// maintains it, so that a new segment can begin with an image of it.
//
// Invariants, checked on every write before anything of that write is taken in
// S1 Entries of a group are contiguous and begin right after its snapshot.
// S2 Entries at or below the snapshot are never replaced: they are applied.
// S3 The term never goes back, and within one term a vote, once given, stays.
// S4 The commit index never goes back. Entries at or below it are never replaced.
// S5 The term of entries never goes down along the log.
import { invariant } from '../base/assert.ts';
import { type GroupId, logIndex, term } from '../base/ids.ts';
import type { Entry, HardState, LogWrite, RecoveredGroup, SnapshotMeta } from '../base/log.ts';
import { ENTRY_OVERHEAD_BYTES_MAX, writeBytesMax } from './record.ts';

interface GroupLog {
  hardState: HardState;
  snapshot: SnapshotMeta;
  entries: Entry[];
}

const emptyGroup = (): GroupLog => ({
  hardState: { term: term(0), vote: null, commit: logIndex(0) },
  snapshot: {
    index: logIndex(0),
    term: term(0),
    config: { voters: [], outgoing: [], learners: [], learnersNext: [], autoLeave: false },
  },
  entries: [],
});

export class LogState {
  readonly #groups = new Map<GroupId, GroupLog>();

  /** Takes one write in. Throws InvariantError, having changed nothing, when it contradicts the state. */
  apply(write: LogWrite) {
    const group = this.#groups.get(write.group) ?? emptyGroup();
    const changed: GroupLog = { ...group };
    const name = `group ${write.group}`;
    if (write.snapshot) moveSnapshot(changed, write.snapshot, name);
    if (write.hardState) checkHardState(changed.hardState, write.hardState, name);
    const entries = write.entries ?? [];
    const keep = checkEntries(changed, entries, name);
    // All checks are passed; from here on nothing throws.
    if (entries.length > 0) {
      // The array of the present state may be shared with `changed`; it is owned by this group alone, so it
      // may grow in place.
      changed.entries.length = keep;
      for (const entry of entries) changed.entries.push(entry);
    }
    if (write.hardState) changed.hardState = write.hardState;
    this.#groups.set(write.group, changed);
  }

  /** A copy, sorted by group. */
  groups(): RecoveredGroup[] {
    return [...this.#groups]
      .sort(([one], [other]) => one - other)
      .map(([group, log]) => ({
        group,
        hardState: log.hardState,
        snapshot: log.snapshot,
        entries: log.entries.slice(),
      }));
  }

  /** An upper bound of the bytes of all payloads of `imageOf(this.groups(), …)` together. */
  imageBytesMax(): number {
    let bytes = 0;
    for (const [group, { hardState, snapshot, entries }] of this.#groups) {
      bytes += writeBytesMax({ group, hardState, snapshot: { ...snapshot, discard: true } });
      for (const entry of entries) bytes += IMAGE_ENTRY_BYTES_MAX + entry.data.length;
    }
    return bytes;
  }
}

/** In the worst case each entry stands in a write of its own. */
const IMAGE_ENTRY_BYTES_MAX = ENTRY_OVERHEAD_BYTES_MAX + 64;

/**
 * The writes that make an empty state into `groups`, in chunks of about `chunkBytes` each: first of all
 * groups the snapshot and hard state, then their entries.
 */
export function* imageOf(groups: readonly RecoveredGroup[], chunkBytes: number): Generator<LogWrite[]> {
  let chunk: LogWrite[] = [];
  let bytes = 0;
  const full = (write: LogWrite) => {
    chunk.push(write);
    bytes += writeBytesMax(write);
    return bytes >= chunkBytes;
  };
  const take = () => {
    const taken = chunk;
    chunk = [];
    bytes = 0;
    return taken;
  };
  for (const { group, snapshot, hardState } of groups)
    if (full({ group, snapshot: { ...snapshot, discard: true }, hardState })) yield take();
  for (const { group, entries } of groups) {
    let from = 0;
    let pieceBytes = 0;
    for (let at = 0; at < entries.length; at++) {
      pieceBytes += ENTRY_OVERHEAD_BYTES_MAX + (entries[at] as Entry).data.length;
      if (at + 1 < entries.length && bytes + pieceBytes < chunkBytes) continue;
      const filled = full({ group, entries: entries.slice(from, at + 1) });
      from = at + 1;
      pieceBytes = 0;
      if (filled || bytes >= chunkBytes) yield take();
    }
  }
  if (chunk.length > 0) yield take();
}

function lastIndex(log: GroupLog): number {
  return log.snapshot.index + log.entries.length;
}

function moveSnapshot(log: GroupLog, to: SnapshotMeta & { readonly discard: boolean }, name: string) {
  const from = log.snapshot;
  invariant(
    to.index >= from.index,
    () => `S1 ${name}: the snapshot moves back from ${from.index} to ${to.index}`,
  );
  if (to.discard) {
    log.entries = [];
  } else {
    invariant(
      to.index <= lastIndex(log),
      () => `S1 ${name}: the snapshot ${to.index} is beyond the log's end`,
    );
    const passed = to.index - from.index;
    const at = passed === 0 ? from.term : log.entries[passed - 1]?.term;
    invariant(
      at === to.term,
      () => `S1 ${name}: the snapshot names term ${to.term} for an entry of term ${at}`,
    );
    if (passed > 0) log.entries = log.entries.slice(passed);
  }
  log.snapshot = { index: to.index, term: to.term, config: to.config };
}

function checkHardState(from: HardState, to: HardState, name: string) {
  invariant(to.term >= from.term, () => `S3 ${name}: the term goes back from ${from.term} to ${to.term}`);
  const voteKept = to.term > from.term || from.vote === null || from.vote === to.vote;
  invariant(
    voteKept,
    () => `S3 ${name}: the vote of term ${to.term} changes from ${from.vote} to ${to.vote}`,
  );
  invariant(
    to.commit >= from.commit,
    () => `S4 ${name}: the commit index goes back from ${from.commit} to ${to.commit}`,
  );
}

/** Returns how many of the present entries stay. */
function checkEntries(log: GroupLog, entries: readonly Entry[], name: string): number {
  const first = entries[0];
  if (first === undefined) return log.entries.length;
  const keep = first.index - log.snapshot.index - 1;
  invariant(keep >= 0, () => `S2 ${name}: entry ${first.index} is within the snapshot ${log.snapshot.index}`);
  invariant(keep <= log.entries.length, () => `S1 ${name}: entry ${first.index} leaves a gap`);
  let before = keep === 0 ? log.snapshot.term : (log.entries[keep - 1] as Entry).term;
  const { commit } = log.hardState;
  entries.forEach((entry, at) => {
    invariant(entry.index === first.index + at, () => `S1 ${name}: entry ${entry.index} does not follow`);
    invariant(entry.term >= before, () => `S5 ${name}: entry ${entry.index} goes back to term ${entry.term}`);
    before = entry.term;
    const present = entry.index <= commit ? log.entries[keep + at] : undefined;
    const same = present === undefined || present.term === entry.term;
    invariant(same, () => `S4 ${name}: entry ${entry.index} is committed and would be replaced`);
  });
  const end = first.index + entries.length - 1;
  invariant(
    end >= Math.min(commit, lastIndex(log)),
    () => `S4 ${name}: committed entries beyond ${end} would go`,
  );
  return keep;
}
