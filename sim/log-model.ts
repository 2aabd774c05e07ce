// The write-ahead log of one simulated node, as far as its meaning goes: which writes are durable, which are
// on their way, and what a crash leaves. The bytes on the disk are another matter (sim/disk-log.ts).
import { invariant } from '../node/base/assert.ts';
import { type GroupId, type LogIndex, logIndex, type Term, term } from '../node/base/ids.ts';
import type { Entry, HardState, LogWrite, RecoveredGroup, SnapshotMeta } from '../node/base/log.ts';

/** One group's log: a mutable RecoveredGroup. */
export interface GroupLog {
  hardState: HardState;
  snapshot: SnapshotMeta;
  entries: Entry[];
}

const ZERO = logIndex(0);

function emptyGroupLog(): GroupLog {
  return {
    hardState: { term: term(0), vote: null, commit: ZERO },
    snapshot: {
      index: ZERO,
      term: term(0),
      config: { voters: [], outgoing: [], learners: [], learnersNext: [], autoLeave: false },
    },
    entries: [],
  };
}

export function lastIndexOf(log: GroupLog): LogIndex {
  return logIndex(log.snapshot.index + log.entries.length);
}

/**
 * The term of the entry at `index`; undefined when the log does not hold it (compacted away, or beyond the
 * end).
 */
export function termAt(log: GroupLog, index: number): Term | undefined {
  if (index === log.snapshot.index) return log.snapshot.term;
  return log.entries[index - log.snapshot.index - 1]?.term;
}

/** Takes one write in, in the order that LogWrite states. Throws InvariantError on a gap. */
function applyWrite(log: GroupLog, write: LogWrite): void {
  const { snapshot, entries, hardState } = write;
  if (snapshot !== undefined) {
    if (snapshot.discard) log.entries = [];
    else {
      const passed = snapshot.index - log.snapshot.index;
      invariant(passed >= 0 && passed <= log.entries.length, 'a snapshot beyond the log needs `discard`');
      log.entries = log.entries.slice(passed);
    }
    log.snapshot = { index: snapshot.index, term: snapshot.term, config: snapshot.config };
  }
  const first = entries?.[0];
  if (entries !== undefined && first !== undefined) {
    const keep = first.index - log.snapshot.index - 1;
    invariant(
      keep >= 0 && keep <= log.entries.length,
      `entry ${first.index} does not follow ${lastIndexOf(log)}`,
    );
    log.entries.length = keep;
    for (const entry of entries) log.entries.push(entry);
  }
  if (hardState !== undefined) log.hardState = hardState;
}

/** The logs of all groups of a node: the fold of its writes up to some point. */
export class LogFold {
  readonly groups = new Map<GroupId, GroupLog>();

  group(group: GroupId): GroupLog {
    let log = this.groups.get(group);
    if (log === undefined) {
      log = emptyGroupLog();
      this.groups.set(group, log);
    }
    return log;
  }

  apply(writes: readonly LogWrite[]): void {
    for (const write of writes) applyWrite(this.group(write.group), write);
  }

  copy(): LogFold {
    const fold = new LogFold();
    for (const [group, log] of this.groups) fold.groups.set(group, { ...log, entries: log.entries.slice() });
    return fold;
  }

  /** Sorted by group, as recovery gives them. */
  recovered(): RecoveredGroup[] {
    return [...this.groups]
      .sort(([a], [b]) => a - b)
      .map(([group, log]) => ({ group, ...log, entries: log.entries.slice() }));
  }
}
