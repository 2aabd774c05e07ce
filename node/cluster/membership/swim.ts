// Membership by gossip: SWIM (Das, Gupta, Motivala 2002) with Lifeguard (Dadgar, Phillips, Currey 2018).
//
// It detects liveness, and spreads addresses and facts. It decides nothing: no leader, no quorum, no removal.
//
// 1. Time and randomness are arguments; the same calls give the same effects.
// 2. Only the registry admits members; messages from and rumours about others change nothing.
// 3. A member that is up and reached by anyone is never dead for long: it hears of the accusation and refutes
//    it.
// 4. A crashed member is dead for everyone in the end; no later than a bound that depends on the options
//    alone.
// 5. Time during which this node itself was paused counts against nobody (see PAUSE_MS).

import type { NodeId } from '../../base/ids.ts';
import type { Peer } from '../../base/peer.ts';
import type { Random } from '../../base/random.ts';
import type { Facts, Member, Rumour, SwimEffect, SwimMessage } from './member.ts';
import { isUp, type Known, MemberTable } from './member-table.ts';
import { ADDRESSES_MAX, areFacts, RUMOURS_MAX, readMessage } from './message.ts';
import { PAUSE_MS, SWIM_OPTIONS, type SwimOptions, TICK_MS } from './options.ts';
import { ProbeOrder, shuffled } from './probe-order.ts';
import { type ProbeAction, Prober } from './prober.ts';
import { RumourQueue } from './rumour-queue.ts';
import type { SuspicionBounds } from './suspicion.ts';

export { PAUSE_MS, SWIM_OPTIONS, type SwimOptions, TICK_MS } from './options.ts';

export interface SwimInit {
  readonly self: Peer & { readonly incarnation: number };
  readonly random: Random;
  readonly options?: Partial<SwimOptions>;
}

const FIRST_VERSION_BOUND = 2 ** 31;

/** A message without what the sender adds to each. */
type Body = SwimMessage extends infer M
  ? M extends SwimMessage
    ? Omit<M, 'incarnation' | 'version' | 'rumours'>
    : never
  : never;

/**
 * Every method is synchronous; what it wants done waits in `drain()`. `now` is in milliseconds and never goes
 * back.
 */
export class Swim {
  readonly #options: SwimOptions;
  readonly #random: Random;
  readonly #table: MemberTable;
  readonly #order: ProbeOrder;
  readonly #prober: Prober;
  readonly #rumours = new RumourQueue();
  #self: Member;
  /**
   * Starts at a random number, so that two processes of a node that say different things at one incarnation
   * do not say them at one version: the later overrides the earlier, or is told of it and takes the next
   * incarnation.
   */
  #version: number;
  #leaving = false;
  #effects: SwimEffect[] = [];
  #view: readonly Member[] | undefined;
  /** Members to probe before all others. */
  readonly #urgent = new Set<NodeId>();
  /** Members that know more than this node does. */
  readonly #behind = new Set<NodeId>();
  /** When other traffic last came from a member that sends some all the time. */
  readonly #heardAt = new Map<NodeId, number>();
  #now = Number.NEGATIVE_INFINITY;
  /** The time that this node has lived through; all deadlines are on this clock. */
  #lived = 0;
  #gossipedAt = 0;
  #deadProbeAt = 0;
  #syncAt = 0;
  /** Messages that were malformed or from strangers. */
  #refused = 0;

  static create(init: SwimInit): Swim {
    return new Swim(init);
  }

  private constructor({ self, random, options }: SwimInit) {
    this.#options = { ...SWIM_OPTIONS, ...options };
    this.#random = random;
    this.#table = new MemberTable((member) => this.#changed(member));
    this.#order = new ProbeOrder(random);
    this.#prober = new Prober(this.#options);
    this.#self = { ...self, addresses: self.addresses.slice(0, ADDRESSES_MAX), liveness: 'alive', facts: {} };
    this.#version = random.below(FIRST_VERSION_BOUND);
    this.#syncAt = this.#options.syncIntervalMs;
  }

  /** Messages that were passed over since the start. */
  get refused(): number {
    return this.#refused;
  }

  /** Lifeguard's local health multiplier: 0 is well; probes are this many times slower. */
  get health(): number {
    return this.#prober.health;
  }

  /** Advances time. Call it at least every TICK_MS. */
  tick(now: number): void {
    this.#live(now);
    if (this.#leaving) return;
    for (const known of this.#table.expired(this.#lived)) this.#accuse('dead', known);
    for (const action of this.#prober.tick(this.#lived)) this.#act(action);
    this.#noticeSilence();
    if (this.#prober.due(this.#lived)) this.#probeNext();
    if (this.#lived >= this.#deadProbeAt) this.#probeDead();
    this.#gossip();
  }

  /**
   * A message of another node. Anything malformed, or from a node that is not admitted, is passed over and
   * counted.
   */
  receive(from: NodeId, data: unknown, now: number): void {
    this.#live(now);
    const message = readMessage(data);
    if (message === undefined || this.#table.get(from) === undefined) {
      this.#refused++;
      return;
    }
    if (this.#leaving) return;
    this.#table.heard(from, message.incarnation, message.version);
    for (const rumour of message.rumours) this.#hear(rumour);
    if (this.#table.isBehind(from, message.incarnation, message.version)) this.#behind.add(from);
    else this.#behind.delete(from);
    switch (message.kind) {
      case 'ping':
        this.#send(from, { kind: 'ack', sequence: message.sequence });
        if (message.sync) this.#tellAll(from);
        break;
      case 'ack': {
        const relay = this.#prober.acked(from, message.sequence);
        if (relay !== undefined) this.#send(relay.to, { kind: 'ack', sequence: relay.sequence });
        break;
      }
      case 'nack':
        this.#prober.nacked(from, message.sequence);
        break;
      case 'ping-request':
        this.#relay(from, message.sequence, message.target);
        break;
      case 'gossip':
        break;
    }
  }

  /**
   * Traffic other than gossip came from the node: for one interval it need not be probed, and if nothing
   * follows by then it is probed at once. To be called for what comes at a steady pace only.
   */
  heard(node: NodeId, now: number): void {
    this.#live(now);
    if (this.#table.get(node) !== undefined) this.#heardAt.set(node, this.#lived);
  }

  /** The nodes that the registry admits; the node itself may be among them. */
  setMembers(admitted: readonly Peer[], now: number): void {
    this.#live(now);
    const wanted = new Set(admitted.map(({ node }) => node));
    for (const node of this.#table.nodes()) if (!wanted.has(node)) this.#expel(node);
    for (const member of admitted) {
      if (member.node === this.#self.node) {
        if (member.name !== this.#self.name) this.#changeSelf({ name: member.name });
      } else if (this.#table.admit(member)) {
        this.#order.add(member.node);
        this.#urgent.add(member.node);
        this.#prober.hurry(this.#lived);
      }
    }
  }

  /** The transport lost its connection to the node: it is suspected at once, and probed. */
  connectionLost(node: NodeId, now: number): void {
    this.#live(now);
    const known = this.#table.get(node);
    if (this.#leaving || known === undefined || known.member.liveness === 'dead') return;
    this.#accuse('suspect', known);
    this.#urgent.add(node);
  }

  /** The transport connected to the node: both tell each other all they know. */
  connected(node: NodeId, now: number): void {
    this.#live(now);
    if (this.#leaving || this.#table.get(node) === undefined) return;
    this.#prober.unsend(node);
    this.#ping(node, true);
    this.#tellAll(node);
  }

  /**
   * The node is about to stop: all live members are informed, and need not suspect it first. Nothing else
   * comes after this.
   */
  leaving(now: number): void {
    this.#live(now);
    if (this.#leaving) return;
    this.#leaving = true;
    const { node, incarnation } = this.#self;
    const rumour: Rumour = { kind: 'dead', node, incarnation, by: node };
    for (const { member } of this.#table.values())
      if (member.liveness !== 'dead') this.#sendWith(member.node, { kind: 'gossip' }, [rumour]);
  }

  /** Throws RangeError for facts that are too large to be told (see message.ts). */
  setLocalFacts(facts: Facts, now: number): void {
    this.#live(now);
    if (!areFacts(facts)) throw new RangeError('the local facts are too large, or of a wrong type');
    if (sameFacts(facts, this.#self.facts)) return;
    this.#version++;
    this.#changeSelf({ facts });
    this.#rumours.add(this.#selfRumour(), false);
  }

  /** The node itself comes first. */
  members(): readonly Member[] {
    this.#view ??= [this.#self, ...[...this.#table.values()].map(({ member }) => member)];
    return this.#view;
  }

  member(node: NodeId): Member | undefined {
    return node === this.#self.node ? this.#self : this.#table.get(node)?.member;
  }

  /** When `tick` should come at the latest. */
  nextDeadline(): number {
    return this.#now === Number.NEGATIVE_INFINITY ? 0 : this.#now + TICK_MS;
  }

  /** What the calls since the last drain want done, in order. */
  drain(): readonly SwimEffect[] {
    const effects = this.#effects;
    if (effects.length > 0) this.#effects = [];
    return effects;
  }

  #live(now: number): void {
    if (this.#now !== Number.NEGATIVE_INFINITY)
      this.#lived += Math.min(Math.max(0, now - this.#now), PAUSE_MS);
    this.#now = Math.max(this.#now, now);
  }

  // ── probing ──────────────────────────────────────────────────────────────────────────────────────────────

  #probeNext(): void {
    const urgent = this.#urgent.size > 0;
    const target = this.#nextTarget();
    if (target === undefined) return;
    const sync = this.#lived >= this.#syncAt;
    if (sync) this.#syncAt = this.#lived + this.#options.syncIntervalMs;
    if (sync) this.#behind.add(target);
    else if (!urgent && this.#needsNoProbe(target)) return this.#prober.pause(this.#lived);
    this.#act(this.#prober.start(target, this.#lived));
  }

  /**
   * A member that was heard continuously and falls silent is probed before all others, and need not wait for
   * its turn.
   */
  #noticeSilence(): void {
    for (const [node, heardAt] of this.#heardAt) {
      if (this.#lived - heardAt < this.#options.probeIntervalMs) continue;
      this.#heardAt.delete(node);
      this.#urgent.add(node);
      this.#prober.hurry(this.#lived);
    }
  }

  /** A probe would learn nothing, not even that this node hears well again, and tell nothing. */
  #needsNoProbe(node: NodeId): boolean {
    const heardAt = this.#heardAt.get(node) ?? Number.NEGATIVE_INFINITY;
    return (
      this.#prober.health === 0 &&
      this.#lived - heardAt < this.#options.probeIntervalMs &&
      this.#table.get(node)?.member.liveness === 'alive' &&
      this.#rumours.size === 0 &&
      !this.#behind.has(node)
    );
  }

  #nextTarget(): NodeId | undefined {
    for (const node of this.#urgent) {
      this.#urgent.delete(node);
      if (this.#isProbed(node)) return node;
    }
    return this.#order.next((node) => this.#isProbed(node));
  }

  #isProbed(node: NodeId): boolean {
    const liveness = this.#table.get(node)?.member.liveness;
    return liveness !== undefined && liveness !== 'dead';
  }

  #probeDead(): void {
    this.#deadProbeAt = this.#lived + this.#options.deadProbeIntervalMs;
    const dead = [...this.#table.values()].filter(({ member }) => member.liveness === 'dead');
    const chosen = dead[dead.length === 0 ? 0 : this.#random.below(dead.length)];
    if (chosen !== undefined) this.#ping(chosen.member.node, false);
  }

  #act(action: ProbeAction): void {
    switch (action.kind) {
      case 'ping':
        this.#send(action.to, { kind: 'ping', sequence: action.sequence, sync: this.#wantsSync(action.to) });
        break;
      case 'nack':
        this.#send(action.to, { kind: 'nack', sequence: action.sequence });
        break;
      case 'ask': {
        const { target, sequence } = action;
        const helpers = this.#pick(this.#options.indirectProbes, ({ member }) => {
          return member.liveness === 'alive' && member.node !== target;
        });
        this.#prober.asked(helpers);
        for (const helper of helpers) this.#send(helper, { kind: 'ping-request', sequence, target });
        break;
      }
      case 'failed': {
        const known = this.#table.get(action.target);
        if (known !== undefined && known.member.liveness !== 'dead') this.#accuse('suspect', known);
        break;
      }
    }
  }

  #relay(from: NodeId, theirs: number, target: NodeId): void {
    if (this.#table.get(target) === undefined) return;
    const action = this.#prober.relay(from, theirs, target, this.#lived);
    if (action !== undefined) this.#act(action);
  }

  /** A ping whose answer only matters for what it tells. */
  #ping(to: NodeId, sync: boolean): void {
    this.#send(to, {
      kind: 'ping',
      sequence: this.#prober.nextSequence(),
      sync: sync || this.#wantsSync(to),
    });
  }

  #wantsSync(to: NodeId): boolean {
    return this.#behind.has(to) || this.#table.get(to)?.member.liveness === 'unknown';
  }

  // ── rumours ──────────────────────────────────────────────────────────────────────────────────────────────

  #hear(rumour: Rumour): void {
    if (rumour.node === this.#self.node) {
      this.#hearOfSelf(rumour);
      return;
    }
    const before = this.#table.get(rumour.node)?.member.liveness;
    if (before === undefined) return;
    const news = this.#table.apply(rumour, this.#suspicionBounds(), this.#lived);
    if (!news) return;
    const after = this.#table.get(rumour.node)?.member.liveness;
    this.#rumours.add(rumour, rumour.kind !== 'alive' || before !== after);
    // A node that hears of a suspicion probes too: to confirm it, or to let the suspect refute it soon.
    if (after === 'suspect' && before !== 'suspect') {
      this.#urgent.add(rumour.node);
      this.#ping(rumour.node, false);
    }
  }

  /** Overrides what others say of this node: an accusation, or what an earlier process of it said. */
  #hearOfSelf(rumour: Rumour): void {
    const { incarnation } = this.#self;
    if (rumour.incarnation < incarnation || (rumour.kind === 'alive' && !this.#isForeign(rumour))) return;
    if (rumour.kind === 'suspect') this.#prober.suspected();
    this.#changeSelf({ incarnation: rumour.incarnation + 1 });
    this.#rumours.add(this.#selfRumour(), true);
  }

  /** Whether this process cannot have said so. */
  #isForeign(rumour: Extract<Rumour, { kind: 'alive' }>): boolean {
    const { incarnation, addresses, facts } = this.#self;
    if (rumour.incarnation > incarnation || rumour.version > this.#version) return true;
    if (rumour.version < this.#version) return false;
    return rumour.addresses.join() !== addresses.join() || !sameFacts(rumour.facts, facts);
  }

  #accuse(kind: 'suspect' | 'dead', { member }: Known): void {
    const rumour: Rumour = { kind, node: member.node, incarnation: member.incarnation, by: this.#self.node };
    if (!this.#table.apply(rumour, this.#suspicionBounds(), this.#lived)) return;
    this.#rumours.add(rumour, true);
    this.#ping(member.node, false);
  }

  #suspicionBounds(): SuspicionBounds {
    let others = 0;
    for (const { member } of this.#table.values()) if (isUp(member.liveness)) others++;
    return {
      minMs: this.#options.suspicionMinMs,
      maxMs: this.#options.suspicionMaxMs,
      // The suspect itself is one of the others.
      confirmations: Math.max(0, Math.min(this.#options.confirmations, others - 1)),
    };
  }

  #gossip(): void {
    if (this.#rumours.size === 0) return;
    const { gossipIntervalMs, factsIntervalMs, gossipFanout } = this.#options;
    if (this.#lived < this.#gossipedAt + (this.#rumours.urgent ? gossipIntervalMs : factsIntervalMs)) return;
    this.#gossipedAt = this.#lived;
    const targets = this.#pick(gossipFanout, ({ member }) => member.liveness !== 'dead');
    for (const target of targets) if (this.#rumours.size > 0) this.#send(target, { kind: 'gossip' });
  }

  /** Everything that is known, in as many messages as it takes. */
  #tellAll(to: NodeId): void {
    const rumours = [this.#selfRumour()];
    for (const known of this.#table.values()) {
      // The member itself as well: it may be a new process and not know what the one before said.
      const rumour = this.#table.rumour(known);
      if (rumour !== undefined) rumours.push(rumour);
    }
    for (let from = 0; from < rumours.length; from += RUMOURS_MAX / 2)
      this.#sendWith(to, { kind: 'gossip' }, rumours.slice(from, from + RUMOURS_MAX / 2));
  }

  #send(to: NodeId, body: Body): void {
    const members = this.#table.size + 1;
    const transmissions = Math.ceil(this.#options.transmissions * Math.log2(members + 1));
    this.#sendWith(to, body, this.#rumours.take(this.#options.rumoursPerMessage, transmissions));
  }

  /**
   * A member always learns first what is believed of it, for it alone can refute that (Lifeguard's buddy
   * system).
   */
  #sendWith(to: NodeId, body: Body, rumours: readonly Rumour[]): void {
    const opinion = this.#opinion(to);
    const all = opinion === undefined ? rumours : [opinion, ...rumours.filter(({ node }) => node !== to)];
    const { incarnation } = this.#self;
    const message: SwimMessage = { ...body, incarnation, version: this.#version, rumours: all };
    this.#effects.push({ kind: 'send', to, message });
  }

  #opinion(of: NodeId): Rumour | undefined {
    const known = this.#table.get(of);
    if (known === undefined) return undefined;
    return this.#table.opinion(known);
  }

  #selfRumour(): Rumour {
    const { node, incarnation, addresses, facts } = this.#self;
    return { kind: 'alive', node, incarnation, version: this.#version, addresses, facts };
  }

  // ── members ──────────────────────────────────────────────────────────────────────────────────────────────

  #pick(count: number, eligible: (known: Known) => boolean): NodeId[] {
    const nodes = [...this.#table.values()].filter(eligible).map(({ member }) => member.node);
    return shuffled(nodes, this.#random).slice(0, count);
  }

  #expel(node: NodeId): void {
    this.#table.expel(node);
    this.#order.remove(node);
    this.#prober.forget(node);
    this.#rumours.forget(node);
    this.#urgent.delete(node);
    this.#behind.delete(node);
    this.#heardAt.delete(node);
    this.#view = undefined;
  }

  #changeSelf(news: Partial<Member>): void {
    this.#self = { ...this.#self, ...news };
    this.#changed(this.#self);
  }

  #changed(member: Member): void {
    this.#view = undefined;
    this.#effects.push({ kind: 'changed', member });
  }
}

/** By content; the order of keys does not matter. */
function sameFacts(a: Facts, b: Facts): boolean {
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && JSON.stringify(a[key]) === JSON.stringify(b[key]));
}
