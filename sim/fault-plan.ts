// Which faults a run has. Swarm testing (Groce and others, ISSTA 2012): each seed switches on a random part
// of the kinds of fault and a random pace, since faults hide one another when all of them come at once.
import type { Random } from '../node/base/random.ts';
import { happens, pick } from './chance.ts';

export const FAULT_KINDS = [
  'kill',
  'power-loss',
  'outage',
  'drain',
  'freeze',
  'partition',
  'one-way-cut',
  'broken-link',
  'clog',
  'reset',
  'wild-network',
  'slow-network',
  'slow-disk',
  'disk-full',
  'disk-error',
  'aimed-crash',
  'clock-skew',
  'uneven-disks',
  'corrupt-log',
  'corrupt-store',
  'lost-tail',
  'full-store',
  'replace-node',
  'readdress',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

export interface SwarmPlan {
  readonly kinds: ReadonlySet<FaultKind>;
  /** Mean virtual microseconds between two faults. */
  readonly pace: number;
  /** Whether the node with the most to lose is struck more often than others. */
  readonly huntsLeaders: boolean;
}

/** Draws which faults a run has: each kind with probability one half, and now and then none or all. */
export function drawPlan(random: Random, always: readonly FaultKind[] = []): SwarmPlan {
  const mood = random.fraction();
  const share = mood < 0.03 ? 0 : mood > 0.95 ? 1 : 0.2 + 0.5 * random.fraction();
  const kinds = new Set([...FAULT_KINDS.filter(() => happens(random, share)), ...always]);
  return {
    kinds,
    pace: pick(random, [600_000, 1_500_000, 3_000_000]),
    huntsLeaders: happens(random, 0.5),
  };
}
