// Logs such as several leaders leave behind who each replicated a little and fell.
import type { LogIndex, NodeId, Term } from '../../../base/ids.ts';
import type { Entry, SnapshotMeta } from '../../../base/log.ts';
import type { Random } from '../../../base/random.ts';
import { type Disk, emptyDisk, type Shell } from './shell.ts';

/**
 * Disks of the voters of `start` after a few terms. In each term a voter whose log covers those of a majority
 * wins their votes, appends an entry or two, and copies its log to a few of them. Nothing is known to be
 * committed.
 */
export function divergentDisks(random: Random, start: SnapshotMeta): Disk[] {
  const { voters } = start.config;
  const disks = voters.map(() => emptyDisk(start));
  const terms = 1 + random.below(5);
  for (let step = 1; step <= terms; step++) {
    const term = (start.term + step) as Term;
    const leader = random.below(voters.length);
    const follow = disks.map(
      (disk, at) => at === leader || (covers(disks[leader]!, disk) && random.below(3) > 0),
    );
    if (follow.filter(Boolean).length <= voters.length / 2) continue;
    lead(random, disks, disks[leader]!, follow, voters[leader]!, term);
  }
  return disks;
}

function lead(
  random: Random,
  disks: readonly Disk[],
  own: Disk,
  follow: readonly boolean[],
  id: NodeId,
  term: Term,
): void {
  for (let count = 1 + random.below(2); count > 0; count--) {
    const index = (own.snapshot.index + own.entries.length + 1) as LogIndex;
    const entry: Entry = { index, term, kind: 'data', data: Uint8Array.of(term, index, 0xd1) };
    own.entries.push(entry);
  }
  disks.forEach((disk, at) => {
    if (!follow[at]) return;
    disk.hardState = { ...disk.hardState, term, vote: id };
    if (random.below(3) === 0) disk.entries = [...own.entries];
  });
}

/** The node whose last entry is of the highest term. */
export function latestOf(nodes: readonly Shell[]): Shell | undefined {
  return nodes.toSorted((a, b) => lastTerm(b.disk) - lastTerm(a.disk))[0];
}

const lastTerm = ({ snapshot, entries }: Disk) => entries.at(-1)?.term ?? snapshot.term;

function covers(a: Disk, b: Disk): boolean {
  if (lastTerm(a) !== lastTerm(b)) return lastTerm(a) > lastTerm(b);
  return a.entries.length >= b.entries.length;
}
