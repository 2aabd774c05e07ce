// How a schedule goes: what happens often in it, and what goes wrong.
import type { Random } from '../../../base/random.ts';

/**
 * `mixed`: a bit of everything. `members`: one change of the membership after another, while some nodes apply
 * slowly. `divergent`: starts with logs that several leaders have left behind. `duels`: many candidates, and
 * voters that crash right after they have voted. `stalls`: disks that stand still while leaders come and go.
 * The latter three go without pre-vote.
 */
export type Profile = 'mixed' | 'members' | 'divergent' | 'duels' | 'stalls';
export const PROFILES: readonly Profile[] = ['mixed', 'members', 'divergent', 'duels', 'stalls'];

export type StepKind = 'deliver' | 'tick' | 'write' | 'apply' | 'install' | 'send' | 'nudge' | 'ask' | 'work';

/** Chances are out of 1,000, for each step or each occasion. */
export interface Mood {
  /** A message is lost, or delivered and kept to be delivered again. */
  readonly drop: number;
  readonly repeat: number;
  readonly crash: number;
  /** Who answers a vote crashes soon. */
  readonly crashAfterVote: number;
  /** Who learns that something is committed crashes soon. */
  readonly crashAfterCommit: number;
  /** The node that crashes is one with writes under way, if there is one. */
  readonly crashWriting: number;
  /** A new leader is cut off from some of the others, and soon crashes. */
  readonly meddle: number;
  /** Who crashes starts again at once. */
  readonly restart: number;
  /** A node that is down starts, or a partition ends. */
  readonly recover: number;
  readonly partition: number;
  readonly propose: number;
  readonly read: number;
  readonly config: number;
  readonly compact: number;
  readonly transfer: number;
  /** How often each kind of step comes, relative to each other. */
  readonly weights: Readonly<Record<StepKind, number>>;
  /** Everything that a Ready asks for is begun at once. */
  readonly prompt: boolean;
  /**
   * Without pre-vote and check-quorum. Nodes that were removed then disturb the group for good, so its
   * members stay.
   */
  readonly classic: boolean;
  readonly founders: number;
  /** A disk ends no writes for a while. */
  readonly stall: number;
  /** A new leader that is cut off keeps running, with a disk that ends no writes. */
  readonly stallLeader: number;
  /** How many nodes apply only now and then. */
  readonly slowAppliers: number;
}

export function drawMood(random: Random, profile: Profile): Mood {
  const mixed = drawMixed(random);
  const still = { config: 0, compact: 0, transfer: 0, classic: true };
  if (profile === 'duels') {
    const weights = { ...mixed.weights, write: 10 + random.below(40), nudge: 10 + random.below(20), ask: 2 };
    return {
      ...mixed,
      ...still,
      weights,
      founders: 2 + random.below(2),
      crash: 0,
      crashAfterVote: 100 + random.below(500),
      meddle: random.below(500),
      restart: 800,
      drop: rare(random, 100),
      partition: rare(random, 40),
    };
  }
  if (profile === 'stalls') {
    const weights = { ...mixed.weights, ask: 2 + random.below(8), nudge: random.below(3) };
    return {
      ...mixed,
      ...still,
      weights,
      founders: 4 + random.below(2),
      meddle: 300 + random.below(600),
      stallLeader: 800,
      recover: 10 + random.below(30),
    };
  }
  if (profile === 'divergent') {
    const weights = { ...mixed.weights, ask: 2, nudge: random.below(6) };
    return {
      ...mixed,
      ...still,
      weights,
      founders: 3 + random.below(3),
      meddle: random.below(800),
      crashAfterCommit: random.below(500),
    };
  }
  if (profile === 'members') {
    const weights = { ...mixed.weights, ask: 15, nudge: random.below(3) };
    return {
      ...mixed,
      weights,
      slowAppliers: random.below(4),
      config: 200 + random.below(400),
      propose: 100,
    };
  }
  return mixed;
}

function drawMixed(random: Random): Mood {
  return {
    drop: rare(random, 200),
    repeat: rare(random, 200),
    crash: rare(random, 12),
    crashAfterVote: rare(random, 50),
    crashAfterCommit: rare(random, 30),
    crashWriting: 500,
    meddle: rare(random, 200),
    restart: random.below(1000),
    recover: 2 + random.below(20),
    partition: rare(random, 8),
    propose: 100 + random.below(600),
    read: 200,
    config: rare(random, 80),
    compact: rare(random, 200),
    transfer: rare(random, 40),
    weights: {
      deliver: 100,
      tick: 5 + random.below(25),
      write: 20 + random.below(100),
      apply: 10 + random.below(100),
      install: 10,
      send: 10,
      nudge: random.below(2),
      ask: 5 + random.below(20),
      work: 40,
    },
    prompt: random.below(3) > 0,
    classic: false,
    founders: 1 + random.below(5),
    stall: rare(random, 10),
    stallLeader: rare(random, 500),
    slowAppliers: 0,
  };
}

/** Never in half of the schedules, and up to `max` in the others. */
function rare(random: Random, max: number): number {
  return random.below(2) === 0 ? 0 : random.below(max);
}
