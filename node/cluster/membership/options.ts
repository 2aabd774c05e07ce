// The pace of membership. The defaults are for 2 to 20 nodes on a local network.

export interface SwimOptions {
  /** Time between the starts of two probes, while the node itself is well. */
  readonly probeIntervalMs: number;
  /** Time to wait for an answer before others are asked to probe as well. Less than `probeIntervalMs`. */
  readonly probeTimeoutMs: number;
  /** How many others are asked. */
  readonly indirectProbes: number;
  /** How long a suspect has to refute once enough others suspect it too. */
  readonly suspicionMinMs: number;
  /** How long it has while nobody else does. */
  readonly suspicionMaxMs: number;
  /** How many others are enough. */
  readonly confirmations: number;
  /** While there are urgent rumours (a change of liveness), some members are sent them this often. */
  readonly gossipIntervalMs: number;
  /** The same for other rumours (facts and addresses). */
  readonly factsIntervalMs: number;
  /** How many members are sent rumours at a time. */
  readonly gossipFanout: number;
  /** Rumours in one message, except in answer to `sync`. */
  readonly rumoursPerMessage: number;
  /** Each rumour is sent this often, times the logarithm (base 2) of the number of members. */
  readonly transmissions: number;
  /** How often one dead member is probed, so that a healed partition is noticed. */
  readonly deadProbeIntervalMs: number;
  /** How often a probe also asks for everything the other knows: what loss has kept back arrives by then. */
  readonly syncIntervalMs: number;
  /** The local health multiplier stays below this. */
  readonly healthMax: number;
}

export const SWIM_OPTIONS: SwimOptions = {
  probeIntervalMs: 500,
  probeTimeoutMs: 200,
  indirectProbes: 3,
  suspicionMinMs: 1_200,
  suspicionMaxMs: 3_600,
  confirmations: 2,
  gossipIntervalMs: 100,
  factsIntervalMs: 500,
  gossipFanout: 3,
  rumoursPerMessage: 16,
  transmissions: 3,
  deadProbeIntervalMs: 3_000,
  syncIntervalMs: 10_000,
  healthMax: 8,
};

/** `tick` is to be called at least this often. */
export const TICK_MS = 100;
/**
 * A longer time between two calls is a pause of this very node (a busy processor, a stopped process): what
 * the others sent meanwhile still waits to be read. No more than this much of it counts against anyone.
 */
export const PAUSE_MS = 250;
