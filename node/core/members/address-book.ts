// Whom this node is connected with: it keeps up what it knows of the registry, tells its peers, and hears
// from them. See roster.ts.
import type { Millis, NodeId } from '../../base/ids.ts';
import type { Peer } from '../../base/peer.ts';
import type { Swim } from '../../cluster/membership/swim.ts';
import { REMOVED } from '../../cluster/meta-state.ts';
import type { StepContext } from '../step-context.ts';
import type { ClientRequest, ClientResult, Roster } from '../types.ts';
import { admitted, newest, samePeer, samePeers } from './roster.ts';

export interface AddressBookOwner {
  readonly swim: Swim;
  /** Up to which entry the registry is known here. */
  registryIndex(): number;
  /** Whom the configurations of the groups here name. */
  memberNodes(): Iterable<NodeId>;
  /** Nothing can be kept while the disk is full. */
  isFull(): boolean;
  /** For how long nobody has been linked with this node; 0 while anybody is. */
  loneMs(): Millis;
  /** Who is connected, or linked over others. */
  reachable(): Iterable<NodeId>;
  submit(request: ClientRequest, done: (result: ClientResult) => void): void;
}

const REFRESH_FIRST_MS = 2000;
const REFRESH_MS = 5000;
/** After so long without anybody, a person is told. */
const LONE_MS = 60_000;
/** How long a node goes on that was removed. */
const FAREWELL_MS = 3000;

export class AddressBook {
  readonly #context: StepContext;
  readonly #owner: AddressBookOwner;
  /** Peers as they were last known, also those that the registry has no more. */
  readonly #lastKnown = new Map<NodeId, Peer>();
  /**
   * Peers that were removed or replaced some time ago: what a group that moved away once said of its members
   * brings none of them back.
   */
  #gone: ReadonlySet<NodeId> = new Set();
  /** The newest registry that a member told of, in this run or before. */
  #told: Roster;
  /** What is kept for the next start: where each was found last, too, which the registry may learn later. */
  #kept: Roster;
  /** Where peers were found in earlier runs, of those that have not been heard in this one. */
  readonly #foundAt: Map<NodeId, readonly string[]>;
  /** Up to which entry each peer knows the registry, and will after a crash. */
  readonly #heardOf = new Map<NodeId, number>();
  #admittedNodes: ReadonlySet<NodeId> = new Set();
  #guestsAllowed = false;
  #nextRefresh: Millis;
  #removedSince: Millis | undefined;
  #saidLone = false;

  constructor(context: StepContext, owner: AddressBookOwner) {
    this.#context = context;
    this.#owner = owner;
    const { roster } = context.options;
    this.#told = context.faults.has('forgets-told-roster') ? { ...roster, index: 0 } : roster;
    this.#kept = roster;
    this.#foundAt = new Map(roster.peers.map(({ node, addresses }) => [node, addresses]));
    this.#nextRefresh = context.time.now + REFRESH_FIRST_MS;
  }

  /** The members as the newest registry that is known here has them. */
  get members(): readonly Peer[] {
    return this.#newest().peers;
  }

  registryChanged(): void {
    // First kept, then told: R2.
    this.#changed();
    this.#tellAll();
  }

  #tellAll(): void {
    for (const peer of this.#owner.reachable()) this.tell(peer);
  }

  /** Tells a peer what is known here of the registry, and kept: R2. */
  tell(peer: NodeId): void {
    if (this.#owner.isFull()) return;
    const { index, peers } = this.#newest();
    if (peers.length > 0) this.#context.effects.send(peer, 'control', { kind: 'roster', index, peers });
  }

  learn(from: NodeId, roster: Roster): void {
    this.#heardOf.set(from, Math.max(roster.index, this.#heardOf.get(from) ?? 0));
    if (roster.index <= this.#newest().index) return;
    const news = !samePeers(roster.peers, this.members);
    this.#told = roster;
    this.#changed();
    if (news) this.#tellAll();
  }

  /** The members, but for this node and `except`, that may not know the registry up to `index`. */
  unaware(index: number, except: NodeId): readonly Peer[] {
    return this.#context.registry
      .nodes()
      .filter(({ node }) => node !== except && node !== this.#context.self.node)
      .filter(({ node }) => (this.#heardOf.get(node) ?? 0) < index);
  }

  tick(): void {
    const { now, wall } = this.#context.time;
    if (this.#context.registry.expectsGuests(wall) !== this.#guestsAllowed) this.#tellTransport();
    if (this.#context.registry.isGone(this.#context.self.node)) this.#farewell(now);
    if (now < this.#nextRefresh) return;
    this.#nextRefresh = now + REFRESH_MS;
    // A change of members may be done, for which a removed node was kept.
    this.#gone = new Set([...this.#lastKnown.keys()].filter((node) => this.#context.registry.isGone(node)));
    this.#changed();
    // A frame may have been lost: who lags learns it now.
    this.#tellAll();
    this.#readdress();
    this.#lookForOthers();
  }

  /** All whom a node knows may have been replaced while it was away: then it cannot find the others. */
  #lookForOthers(): void {
    const others = this.members.filter(({ node }) => node !== this.#context.self.node);
    const isLone = others.length > 0 && this.#owner.loneMs() >= LONE_MS;
    if (isLone && !this.#saidLone) {
      const tried = others.map(({ name, addresses }) => [name, ...addresses].join(' '));
      this.#context.log('warn', 'nobody-found', { forMs: LONE_MS, tried: tried.join(', ') });
    }
    this.#saidLone = isLone;
  }

  /**
   * Nothing counts on this node any more. It goes on for a moment, for whoever asked it for its removal to
   * hear of that.
   */
  #farewell(now: Millis): void {
    const { effects } = this.#context;
    if (this.#removedSince === undefined) effects.log('warn', 'removed', { stopsInMs: FAREWELL_MS });
    this.#removedSince ??= now;
    if (now - this.#removedSince >= FAREWELL_MS)
      effects.push({ kind: 'halt', code: 'not-admitted', message: REMOVED });
  }

  /**
   * A node whose name or addresses changed tells the registry. It does not go on under a name that it cannot
   * have.
   */
  #readdress(): void {
    const { self, registry, effects, faults } = this.#context;
    if (faults.has('keeps-old-address')) return;
    const known = registry.node(self.node);
    const { node, name, addresses } = self;
    if (known !== undefined && !samePeer(known, self))
      this.#owner.submit({ op: 'readdress', peer: { node, name, addresses }, timeoutMs: 4000 }, (result) => {
        if (!result.ok && (result.code === 'name-taken' || result.code === 'bad-config'))
          effects.push({ kind: 'halt', code: result.code, message: result.message });
      });
  }

  /** Whether the node may be connected with this one. */
  isAdmitted(node: NodeId): boolean {
    return this.#admittedNodes.has(node);
  }

  #changed(): void {
    const admittedPeers = this.#admitted();
    this.#admittedNodes = new Set(admittedPeers.map((peer) => peer.node));
    this.#owner.swim.setMembers(admittedPeers, this.#context.time.now);
    this.#tellTransport();
  }

  #own(): Roster {
    return { index: this.#owner.registryIndex(), peers: this.#context.registry.nodes() };
  }

  #newest(): Roster {
    return newest(this.#own(), this.#told);
  }

  /** As many entries of the registry change no member, the same is not kept again for each. */
  #keep(): Roster {
    const { index, peers } = this.#newest();
    const found = peers.map((peer) => this.#found(peer));
    if (!samePeers(found, this.#kept.peers)) this.#kept = { index, peers: found };
    return this.#kept;
  }

  #admitted(): readonly Peer[] {
    const counts = [...this.#owner.memberNodes()]
      .filter((node) => !this.#gone.has(node))
      .map((node) => this.#lastKnown.get(node) ?? { node, name: node, addresses: [] });
    const peers = admitted(this.#own(), this.#told, counts);
    for (const peer of peers) this.#lastKnown.set(peer.node, peer);
    return peers;
  }

  /** With all addresses that are worth trying, the likeliest first. */
  #found({ node, name, addresses }: Peer): Peer {
    const member = this.#owner.swim.member(node);
    if (member?.liveness === 'alive') this.#foundAt.delete(node);
    const all = [...(member?.addresses ?? []), ...addresses, ...(this.#foundAt.get(node) ?? [])];
    return { node, name, addresses: [...new Set(all)] };
  }

  #tellTransport(): void {
    const { effects, registry, time } = this.#context;
    this.#guestsAllowed = registry.expectsGuests(time.wall);
    const peers = this.#admitted().map((peer) => this.#found(peer));
    const guestsAllowed = this.#guestsAllowed;
    effects.push({ kind: 'peers', peers, roster: this.#keep(), removed: registry.gone(), guestsAllowed });
  }
}
