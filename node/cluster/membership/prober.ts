// Probing (SWIM, section 3.1) at a pace that depends on this node's own health (Lifeguard, section IV-A), and
// probing on behalf of others.
//
// 1. At most one probe of its own is under way.
// 2. A probe ends as answered, as failed, or by `forget` or `unsend`; only a failed one accuses its target.
// 3. A requester of a probe gets at most one answer: the ack, or a nack shortly before its timeout.
import type { NodeId } from '../../base/ids.ts';
import type { SwimOptions } from './options.ts';

/** What the prober wants done. */
export type ProbeAction =
  /** Ping the target itself. */
  | { readonly kind: 'ping'; readonly to: NodeId; readonly sequence: number }
  /** Now others should be asked; `asked` is to be called with them. */
  | { readonly kind: 'ask'; readonly target: NodeId; readonly sequence: number }
  | { readonly kind: 'failed'; readonly target: NodeId }
  | { readonly kind: 'nack'; readonly to: NodeId; readonly sequence: number };

interface Probe {
  readonly target: NodeId;
  readonly sequence: number;
  readonly askAt: number;
  readonly failAt: number;
  asked: readonly NodeId[] | undefined;
  readonly nacks: Set<NodeId>;
}

interface Relay {
  readonly from: NodeId;
  /** Of the one who asked. */
  readonly theirs: number;
  readonly target: NodeId;
  readonly nackAt: number;
  readonly endsAt: number;
  nacked: boolean;
}

const RELAYS_MAX = 64;
/** Lifeguard's: the nack arrives before the one who asked gives up. */
const NACK_FRACTION = 0.8;

export class Prober {
  readonly #options: SwimOptions;
  #sequence = 0;
  #probe: Probe | undefined;
  #nextAt = 0;
  /** The local health multiplier: 0 is well. */
  #health = 0;
  /** By the sequence number of this node's own ping. */
  readonly #relays = new Map<number, Relay>();

  constructor(options: SwimOptions) {
    this.#options = options;
  }

  get health(): number {
    return this.#health;
  }

  /** Whether it is time for a probe of the next member. */
  due(now: number): boolean {
    return this.#probe === undefined && now >= this.#nextAt;
  }

  get nextDeadline(): number {
    const probe = this.#probe;
    let earliest =
      probe === undefined ? this.#nextAt : probe.asked === undefined ? probe.askAt : probe.failAt;
    for (const relay of this.#relays.values())
      earliest = Math.min(earliest, relay.nacked ? relay.endsAt : relay.nackAt);
    return earliest;
  }

  /** A number for a ping that nobody waits for. */
  nextSequence(): number {
    return ++this.#sequence;
  }

  start(target: NodeId, now: number): ProbeAction {
    const patience = this.#health + 1;
    const sequence = this.nextSequence();
    this.#nextAt = now + this.#options.probeIntervalMs * patience;
    this.#probe = {
      target,
      sequence,
      askAt: now + this.#options.probeTimeoutMs * patience,
      failAt: this.#nextAt,
      asked: undefined,
      nacks: new Set(),
    };
    return { kind: 'ping', to: target, sequence };
  }

  /** Probes may start again at once, such as when there is somebody to probe at last. */
  hurry(now: number): void {
    this.#nextAt = Math.min(this.#nextAt, now);
  }

  /** This turn needs no probe. */
  pause(now: number): void {
    this.#nextAt = now + this.#options.probeIntervalMs * (this.#health + 1);
  }

  tick(now: number): ProbeAction[] {
    const actions: ProbeAction[] = [];
    for (const [sequence, relay] of this.#relays) {
      if (!relay.nacked && now >= relay.nackAt) {
        relay.nacked = true;
        actions.push({ kind: 'nack', to: relay.from, sequence: relay.theirs });
      }
      if (now >= relay.endsAt) this.#relays.delete(sequence);
    }
    const probe = this.#probe;
    if (probe === undefined) return actions;
    if (now >= probe.failAt) {
      this.#probe = undefined;
      this.#worsen(this.#blame(probe));
      actions.push({ kind: 'failed', target: probe.target });
    } else if (probe.asked === undefined && now >= probe.askAt) {
      probe.asked = [];
      actions.push({ kind: 'ask', target: probe.target, sequence: probe.sequence });
    }
    return actions;
  }

  /** `helpers` were asked to probe the target of the probe under way. */
  asked(helpers: readonly NodeId[]): void {
    if (this.#probe !== undefined) this.#probe.asked = helpers;
  }

  /** The action to take for an ack: to pass it on to the one who asked, if this node only relays. */
  acked(from: NodeId, sequence: number): { readonly to: NodeId; readonly sequence: number } | undefined {
    const probe = this.#probe;
    if (probe?.sequence === sequence && (from === probe.target || probe.asked?.includes(from))) {
      this.#probe = undefined;
      this.#worsen(-1);
      return undefined;
    }
    const relay = this.#relays.get(sequence);
    if (relay?.target !== from) return undefined;
    this.#relays.delete(sequence);
    return { to: relay.from, sequence: relay.theirs };
  }

  nacked(from: NodeId, sequence: number): void {
    const probe = this.#probe;
    if (probe?.sequence === sequence && probe.asked?.includes(from)) probe.nacks.add(from);
  }

  /** `from` asks this node to probe `target`. Undefined when too many ask. */
  relay(from: NodeId, theirs: number, target: NodeId, now: number): ProbeAction | undefined {
    if (this.#relays.size >= RELAYS_MAX) return undefined;
    const sequence = this.nextSequence();
    const { probeTimeoutMs, probeIntervalMs } = this.#options;
    this.#relays.set(sequence, {
      from,
      theirs,
      target,
      nackAt: now + probeTimeoutMs * NACK_FRACTION,
      endsAt: now + probeIntervalMs,
      nacked: false,
    });
    return { kind: 'ping', to: target, sequence };
  }

  /** What was asked of the node so far never reached it, so that its silence says nothing. */
  unsend(target: NodeId): void {
    if (this.#probe?.target === target) this.#probe = undefined;
  }

  /** The node is no member any more. */
  forget(node: NodeId): void {
    if (this.#probe?.target === node) this.#probe = undefined;
    for (const [sequence, relay] of this.#relays)
      if (relay.from === node || relay.target === node) this.#relays.delete(sequence);
  }

  /** Somebody suspected this node: perhaps it is slow. */
  suspected(): void {
    this.#worsen(1);
  }

  /** Helpers that did not even say that the target is silent are a sign that this node does not hear well. */
  #blame(probe: Probe): number {
    const asked = probe.asked?.length ?? 0;
    return asked === 0 ? 1 : asked - probe.nacks.size;
  }

  #worsen(by: number): void {
    this.#health = Math.min(this.#options.healthMax - 1, Math.max(0, this.#health + by));
  }
}
