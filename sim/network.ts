// A network between simulated nodes: connections that come and go, and lanes of frames inside them.
//
// Two ways of carrying frames, chosen per directed link and changeable at any time:
// - `ordered` (what a libp2p stream promises): within one connection each lane keeps its order and loses
//   nothing; what is lost is lost with the connection. A cut link holds the frames back; if it stays cut, the
//   connection breaks.
// - `wild`: every frame on its own may be lost, doubled, or overtaken by later ones. No transport of ours
//   does this; a protocol that survives it needs no care in its adapters.
//
// A process that dies closes its connections, and the other side notices soon. A cut is silent: nobody
// notices before the connection breaks. A node is dialled where the dialler believes it to be: after a move
// it is found only by who knows its new address.

import { FRAME_BYTES_MAX } from '../node/base/data-limits.ts';
import type { NodeId } from '../node/base/ids.ts';
import type { Peer } from '../node/base/peer.ts';
import type { Random } from '../node/base/random.ts';
import type { Lane } from '../node/core/types.ts';
import { between, exponential, happens } from './chance.ts';
import type { Scheduler } from './scheduler.ts';
import { hashBytes, type Trace } from './trace.ts';

/**
 * Where the network hands things over. Both may be called for a node that is paused; it sorts that out
 * itself.
 */
export interface NetworkEvents {
  frames(to: NodeId, from: NodeId, lane: Lane, frames: readonly Uint8Array[]): void;
  connected(node: NodeId, peer: NodeId): void;
  disconnected(node: NodeId, peer: NodeId): void;
}

/** How one direction between two nodes behaves. Delays in microseconds. */
export interface LinkQuality {
  readonly delayMin: number;
  /** Mean of what is added to `delayMin`, exponentially distributed. */
  readonly delayMean: number;
  readonly wild: boolean;
  /** Probabilities per frame; only in `wild` mode. */
  readonly loss: number;
  readonly duplication: number;
  readonly reordering: number;
}

export const CALM_LINK: LinkQuality = {
  delayMin: 200,
  delayMean: 300,
  wild: false,
  loss: 0,
  duplication: 0,
  reordering: 0,
};

/** Microseconds. A reconnect is tried again this often; a silent connection breaks after this long. */
const RETRY_MIN = 100_000;
const RETRY_MAX = 600_000;
const BREAK_MIN = 3_000_000;
const BREAK_MAX = 9_000_000;
const NOTICE_MAX = 4_000;

interface Link {
  quality: LinkQuality;
  cut: boolean;
  /** Frames are not delivered before this time, in microseconds. */
  cloggedUntil: number;
  /** Frames that wait for the end of a cut. */
  readonly held: { readonly epoch: number; readonly lane: Lane; readonly frames: readonly Uint8Array[] }[];
  /** Delivery time of the last batch of each lane. */
  readonly last: Record<Lane, number>;
}

interface Host {
  alive: boolean;
  frozen: boolean;
  address: string | undefined;
  /** Whom it dials and admits, and where it dials them. */
  wanted: ReadonlyMap<NodeId, readonly string[]>;
}

const NOBODY: ReadonlyMap<NodeId, readonly string[]> = new Map();

interface Connection {
  readonly epoch: number;
  /** Which ends know of it; an end that lost its process knows nothing. */
  readonly known: Set<NodeId>;
}

export class SimNetwork {
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #trace: Trace;
  readonly #events: NetworkEvents;
  readonly #hosts = new Map<NodeId, Host>();
  /** By sender, then receiver. */
  readonly #links = new Map<NodeId, Map<NodeId, Link>>();
  readonly #connections = new Map<string, Connection>();
  readonly #dialling = new Set<string>();
  #epoch = 0;
  #defaultQuality: LinkQuality = CALM_LINK;
  /** Frames of the step under way, by receiver and lane. */
  #outgoing: { to: NodeId; lane: Lane; frames: Uint8Array[] }[] = [];
  framesDelivered = 0;

  constructor(scheduler: Scheduler, random: Random, trace: Trace, events: NetworkEvents) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#trace = trace;
    this.#events = events;
  }

  // ---- what nodes do ----

  started({ node, addresses: [address] }: Peer): void {
    this.#hosts.set(node, { alive: true, frozen: false, address, wanted: NOBODY });
  }

  /** The process is gone: its connections close, which reachable peers soon notice. */
  died(node: NodeId): void {
    const host = this.#host(node);
    host.alive = false;
    host.wanted = NOBODY;
    for (const peer of this.#hosts.keys()) {
      const connection = this.#connections.get(pairKey(node, peer));
      if (connection === undefined) continue;
      connection.known.delete(node);
      if (this.#isCut(node, peer)) this.#breakLater(node, peer, connection);
      else this.#breakSoon(node, peer, connection);
    }
  }

  frozen(node: NodeId, frozen: boolean): void {
    this.#host(node).frozen = frozen;
  }

  /** The peers that `node` dials and admits; connections with all others are closed. */
  setPeers(node: NodeId, peers: readonly Peer[]): void {
    const host = this.#host(node);
    const others = peers.filter((peer) => peer.node !== node);
    host.wanted = new Map(others.map((peer) => [peer.node, peer.addresses]));
    for (const peer of this.#hosts.keys()) {
      const connection = this.#connections.get(pairKey(node, peer));
      if (connection !== undefined && !host.wanted.has(peer)) this.#breakNow(node, peer, connection);
    }
    for (const peer of host.wanted.keys()) this.#dial(node, peer, between(this.#random, 0, 20_000));
  }

  send(from: NodeId, to: NodeId, lane: Lane, frame: Uint8Array): void {
    void from;
    // As the transport does.
    if (frame.length > FRAME_BYTES_MAX) return;
    const open = this.#outgoing.find((batch) => batch.to === to && batch.lane === lane);
    if (open !== undefined) open.frames.push(frame);
    else this.#outgoing.push({ to, lane, frames: [frame] });
  }

  /** Sends what one step of `from` queued: frames of one step to one lane travel together. */
  flush(from: NodeId): void {
    if (this.#outgoing.length === 0) return;
    const batches = this.#outgoing;
    this.#outgoing = [];
    for (const { to, lane, frames } of batches) {
      const connection = this.#connections.get(pairKey(from, to));
      if (connection === undefined || !connection.known.has(from)) continue;
      const link = this.#link(from, to);
      if (link.quality.wild) for (const frame of frames) this.#sendWild(link, from, to, lane, frame);
      else this.#sendOrdered(link, connection.epoch, from, to, lane, frames);
    }
  }

  isConnected(a: NodeId, b: NodeId): boolean {
    return this.#connections.get(pairKey(a, b))?.known.size === 2;
  }

  /**
   * Whether frames of either node arrive at the other, all of them, once there is a connection, which both
   * permit.
   */
  works(a: NodeId, b: NodeId): boolean {
    const loses = (from: NodeId, to: NodeId) => {
      const { wild, loss } = this.#link(from, to).quality;
      return wild && loss > 0;
    };
    const admits = (from: NodeId, to: NodeId) => this.#host(from).wanted.has(to);
    const admit = admits(a, b) && admits(b, a) && (this.#finds(a, b) || this.#finds(b, a));
    return this.mayWork(a, b) && admit && !loses(a, b) && !loses(b, a);
  }

  /** Whether some do, in both directions. */
  mayWork(a: NodeId, b: NodeId): boolean {
    return this.isOpen(a, b) && this.isOpen(b, a);
  }

  isOpen(from: NodeId, to: NodeId): boolean {
    const { cut, cloggedUntil } = this.#link(from, to);
    return !cut && cloggedUntil <= this.#scheduler.now;
  }

  // ---- what the nemesis does ----

  setDefaultQuality(quality: LinkQuality): void {
    this.#defaultQuality = quality;
    for (const links of this.#links.values()) for (const link of links.values()) link.quality = quality;
  }

  setQuality(from: NodeId, to: NodeId, quality: LinkQuality): void {
    this.#link(from, to).quality = quality;
  }

  /** Cuts one direction, silently. */
  cut(from: NodeId, to: NodeId): void {
    const link = this.#link(from, to);
    if (link.cut) return;
    link.cut = true;
    const connection = this.#connections.get(pairKey(from, to));
    if (connection !== undefined) this.#breakLater(from, to, connection);
  }

  clog(from: NodeId, to: NodeId, micros: number): void {
    this.#link(from, to).cloggedUntil = this.#scheduler.now + micros;
  }

  heal(from: NodeId, to: NodeId): void {
    const link = this.#link(from, to);
    link.cloggedUntil = 0;
    if (!link.cut) return;
    link.cut = false;
    const held = link.held.splice(0);
    for (const { epoch, lane, frames } of held) this.#sendOrdered(link, epoch, from, to, lane, frames);
  }

  healAll(): void {
    for (const from of this.#hosts.keys())
      for (const to of this.#hosts.keys()) if (from !== to) this.heal(from, to);
  }

  /** Closes the connection between two nodes, as a middlebox might. What was under way is lost. */
  reset(a: NodeId, b: NodeId): void {
    const connection = this.#connections.get(pairKey(a, b));
    if (connection !== undefined) this.#breakNow(a, b, connection);
  }

  // ---- frames under way ----

  #sendOrdered(
    link: Link,
    epoch: number,
    from: NodeId,
    to: NodeId,
    lane: Lane,
    frames: readonly Uint8Array[],
  ) {
    if (link.cut) {
      link.held.push({ epoch, lane, frames });
      return;
    }
    const at = Math.max(this.#arrival(link), link.last[lane] + 1);
    link.last[lane] = at;
    this.#scheduler.after(at - this.#scheduler.now, () => this.#arrive(epoch, from, to, lane, frames));
  }

  #sendWild(link: Link, from: NodeId, to: NodeId, lane: Lane, frame: Uint8Array) {
    const random = this.#random;
    const { loss, duplication, reordering } = link.quality;
    if (link.cut || happens(random, loss)) return;
    const copies = happens(random, duplication) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      let at = Math.floor(this.#arrival(link));
      if (happens(random, reordering)) at += Math.floor(exponential(random, 40_000));
      this.#scheduler.after(at - this.#scheduler.now, () => this.#arrive(undefined, from, to, lane, [frame]));
    }
  }

  #arrival(link: Link): number {
    const delay = link.quality.delayMin + exponential(this.#random, link.quality.delayMean);
    return Math.max(this.#scheduler.now, link.cloggedUntil) + Math.floor(delay);
  }

  #arrive(epoch: number | undefined, from: NodeId, to: NodeId, lane: Lane, frames: readonly Uint8Array[]) {
    const connection = this.#connections.get(pairKey(from, to));
    if (connection === undefined || !connection.known.has(to)) return;
    if (epoch !== undefined && connection.epoch !== epoch) return;
    const link = this.#link(from, to);
    if (link.cut) {
      if (epoch !== undefined) link.held.push({ epoch, lane, frames });
      return;
    }
    this.framesDelivered += frames.length;
    for (const frame of frames) this.#trace.hash.number(hashBytes(frame));
    this.#events.frames(to, from, lane, frames);
  }

  // ---- connections ----

  #dial(from: NodeId, to: NodeId, delay: number) {
    const key = `${from}>${to}`;
    if (this.#dialling.has(key)) return;
    this.#dialling.add(key);
    this.#scheduler.after(delay, () => {
      this.#dialling.delete(key);
      this.#tryConnect(from, to);
    });
  }

  #tryConnect(from: NodeId, to: NodeId) {
    const dialler = this.#host(from);
    if (!dialler.alive || !dialler.wanted.has(to)) return;
    const existing = this.#connections.get(pairKey(from, to));
    if (existing?.known.has(from)) return;
    const target = this.#hosts.get(to);
    const possible =
      !dialler.frozen &&
      target?.alive === true &&
      !target.frozen &&
      target.wanted.has(from) &&
      this.#finds(from, to) &&
      !this.#isCut(from, to);
    if (!possible) {
      this.#dial(from, to, between(this.#random, RETRY_MIN, RETRY_MAX));
      return;
    }
    // The dialler is a new process and the target still believes in the old connection: it learns better now.
    if (existing !== undefined) this.#breakNow(from, to, existing);
    this.#connections.set(pairKey(from, to), { epoch: ++this.#epoch, known: new Set([from, to]) });
    this.#trace.event(from, 'connect', () => to);
    this.#events.connected(from, to);
    this.#events.connected(to, from);
  }

  #breakNow(a: NodeId, b: NodeId, connection: Connection) {
    if (this.#connections.get(pairKey(a, b)) !== connection) return;
    this.#connections.delete(pairKey(a, b));
    this.#link(a, b).held.length = 0;
    this.#link(b, a).held.length = 0;
    this.#trace.event(a, 'disconnect', () => b);
    for (const node of connection.known) {
      const peer = node === a ? b : a;
      this.#events.disconnected(node, peer);
    }
    if (this.#hosts.get(a)?.wanted.has(b)) this.#dial(a, b, between(this.#random, RETRY_MIN, RETRY_MAX));
    if (this.#hosts.get(b)?.wanted.has(a)) this.#dial(b, a, between(this.#random, RETRY_MIN, RETRY_MAX));
  }

  #breakSoon(a: NodeId, b: NodeId, connection: Connection) {
    this.#scheduler.after(between(this.#random, 200, NOTICE_MAX), () => this.#breakNow(a, b, connection));
  }

  /** Breaks the connection after some seconds, unless the cut is over by then and both processes live. */
  #breakLater(a: NodeId, b: NodeId, connection: Connection) {
    this.#scheduler.after(between(this.#random, BREAK_MIN, BREAK_MAX), () => {
      if (this.#isCut(a, b) || connection.known.size < 2) this.#breakNow(a, b, connection);
    });
  }

  #finds(from: NodeId, to: NodeId): boolean {
    const { address } = this.#host(to);
    return address !== undefined && this.#host(from).wanted.get(to)?.includes(address) === true;
  }

  #isCut(a: NodeId, b: NodeId): boolean {
    return this.#link(a, b).cut || this.#link(b, a).cut;
  }

  #host(node: NodeId): Host {
    let host = this.#hosts.get(node);
    if (host === undefined) {
      host = { alive: false, frozen: false, address: undefined, wanted: NOBODY };
      this.#hosts.set(node, host);
    }
    return host;
  }

  #link(from: NodeId, to: NodeId): Link {
    let links = this.#links.get(from);
    if (links === undefined) {
      links = new Map();
      this.#links.set(from, links);
    }
    let link = links.get(to);
    if (link === undefined) {
      link = {
        quality: this.#defaultQuality,
        cut: false,
        cloggedUntil: 0,
        held: [],
        last: { control: 0, data: 0, bulk: 0 },
      };
      links.set(to, link);
    }
    return link;
  }
}

function pairKey(a: NodeId, b: NodeId): string {
  return a < b ? `${a}~${b}` : `${b}~${a}`;
}
