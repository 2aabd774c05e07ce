// SWIM with Lifeguard.
import type { NodeId } from '../../base/ids.ts';
import type { Random } from '../../base/random.ts';
import type { Admitted, Facts, Member, SwimEffect } from './member.ts';

export interface SwimOptions {
  /** Time between probes when the node itself is well. */
  readonly probeIntervalMs: number;
  /** Time to wait for an answer before others are asked to probe. */
  readonly probeTimeoutMs: number;
}

export const SWIM_OPTIONS: SwimOptions = { probeIntervalMs: 500, probeTimeoutMs: 250 };

export interface SwimInit {
  readonly self: {
    readonly node: NodeId;
    readonly name: string;
    readonly addresses: readonly string[];
    readonly incarnation: number;
  };
  readonly random: Random;
  readonly options?: Partial<SwimOptions>;
}

/** Every method is synchronous; what it wants done waits in `drain()`. `now` never goes backwards. */
export class Swim {
  static create(_init: SwimInit): Swim {
    return new Swim();
  }

  /** Advances time. Call it at least every `TICK_MS`, or at `nextDeadline()`. */
  tick(_now: number): void {}

  /** A message of another node. Anything malformed, or from a node that is not admitted, is passed over and counted. */
  receive(_from: NodeId, _message: unknown, _now: number): void {}

  /** The nodes that the registry admits; the node itself may be among them. */
  setMembers(_admitted: readonly Admitted[], _now: number): void {}

  /** The transport lost its connection to the node: it is suspected at once, and probed. */
  connectionLost(_node: NodeId, _now: number): void {}

  /** The transport connected to the node: both tell each other all they know. */
  connected(_node: NodeId, _now: number): void {}

  /** The node is about to stop: the others need not suspect it first. */
  leaving(_now: number): void {}

  setLocalFacts(_facts: Facts, _now: number): void {}

  /** The node itself comes first. */
  members(): readonly Member[] {
    return [];
  }

  member(_node: NodeId): Member | undefined {
    return undefined;
  }

  /** When `tick` has work next. */
  nextDeadline(): number {
    return 0;
  }

  /** What the calls since the last drain want done, in order. */
  drain(): readonly SwimEffect[] {
    return [];
  }
}
