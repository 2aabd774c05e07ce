// Mistakes that the product and the simulator make on purpose, by the names of `faults` in node/core/types.ts
// and node/cluster/consensus/options.ts: what shows each, and where that is tested.
import type { ExtraName } from './extras.ts';
import type { FaultKind } from './fault-plan.ts';

/** Seen in seeds of the simulator: sim.test.ts. */
export interface Mistake {
  readonly name: string;
  /** That it shows in, as far as known: it is tried before all others. */
  readonly seed?: number;
  /** What some need to show, whatever a seed draws. */
  readonly kinds?: readonly FaultKind[];
  readonly extras?: readonly ExtraName[];
  /** The promise that is seen to be broken; any, unless said. */
  readonly breaks?: string;
}

export const MISTAKES: readonly Mistake[] = [
  // ── Consensus, logs and disks ──
  { name: 'ack-before-fsync', seed: 2 },
  { name: 'vote-not-persisted' },
  { name: 'commit-old-term-by-count', seed: 5 },
  { name: 'truncate-on-any-append', seed: 5 },
  { name: 'overlapping-config-changes', seed: 11 },
  { name: 'read-without-quorum', seed: 11 },
  { name: 'applied-not-atomic' },
  { name: 'torn-middle' },
  { name: 'goes-on-damaged', seed: 2 },
  { name: 'no-prevote-checkquorum', seed: 4 },
  { name: 'goes-on-forgetful', seed: 167, kinds: ['lost-tail'] },
  // ── The cluster ──
  { name: 'removed-too-early', seed: 5 },
  { name: 'no-relay', seed: 2, kinds: ['broken-link'] },
  { name: 'minority-waits', seed: 4 },
  { name: 'never-steps-down', seed: 4 },
  { name: 'keeps-old-address', kinds: ['readdress'] },
  // ── Actors ──
  { name: 'dedup-expires' },
  { name: 'read-without-readindex', seed: 2, kinds: ['partition'] },
  { name: 'read-saw-uncommitted' },
  { name: 'upgrade-drops-pending-ask', seed: 58 },
  { name: 'purge-leaves-marks' },
  { name: 'timer-fires-twice' },
  { name: 'timer-lost-at-takeover' },
  { name: 'watch-lost-at-snapshot-transfer', seed: 3, extras: ['watches'], breaks: 'replicas-differ' },
  { name: 'terminated-twice', seed: 2, extras: ['watches'], breaks: 'watches' },
  { name: 'good-end-fails-linked', extras: ['links'], breaks: 'links' },
  { name: 'whereis-finds-ended', extras: ['links'], breaks: 'whereis' },
  { name: 'dead-letter-and-delivery', seed: 2, extras: ['letters'], breaks: 'dead-letters' },
  { name: 'refusal-forgotten', seed: 6, extras: ['letters'], breaks: 'progress' },
  { name: 'restart-counter-not-journaled', extras: ['supervised'], breaks: 'restart-count' },
  { name: 'supervisor-order-twice', extras: ['supervised'], breaks: 'supervised' },
  { name: 'stash-forgotten-at-failover', extras: ['stashes'] },
  { name: 'lease-forgotten-at-failover', extras: ['tasks'] },
  { name: 'task-completed-twice', extras: ['tasks'] },
  { name: 'subscription-begins-anew', seed: 1, extras: ['subscriptions'], breaks: 'subscriptions' },
  { name: 'put-off-event-is-lost', seed: 1, extras: ['subscriptions'], breaks: 'subscriptions' },
];

/** Each is seen where the moment is made in which it counts, or beside what it breaks. */
export const SEEN_ELSEWHERE: Readonly<Record<string, string>> = {
  'caught-up-too-early': 'sim/events.test.ts',
  'campaign-with-unapplied-config': 'node/cluster/consensus/simulation.test.ts',
  'cursor-skips-at-snapshot': 'sim/events.test.ts',
  'export-without-hold': 'sim/export.test.ts',
  'forgets-told-roster': 'sim/acquaintance.test.ts',
  'heartbeat-commits-unmatched': 'node/cluster/consensus/simulation.test.ts',
  'removed-unheard': 'sim/acquaintance.test.ts',
  'stale-persist-counts': 'node/cluster/consensus/simulation.test.ts',
  'stale-registry': 'sim/departure.test.ts',
  'vote-for-stale-log': 'node/cluster/consensus/simulation.test.ts',
};
