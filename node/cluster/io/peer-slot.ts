// The connection to one admitted peer: who dials, which of two connections stays, when to dial again.
//
// Both sides dial, for only one of them may know a good address of the other. The side with the lower node id
// decides which connection is used, so that both ends keep the same one:
// 1. A connection that the decider dialled is in use once its lanes are open.
// 2. A connection that the other side dialled is in use once the decider has sent a pulse on it.
// 3. While the decider dials, it lets connections of the other side wait for the outcome.
// 4. At most one link is in use. A new one replaces an old one that the other side must have lost, which is
//    so when the other side dialled anew: it does not dial while it has a link. Only a link younger than
//    SETTLED_MS may have crossed such a dial.
// 5. `connected` and `disconnected` alternate; frames come only between them.
import type { Connection, Stream } from '@libp2p/interface';
import type { NodeId } from '../../base/ids.ts';
import type { Lane } from '../transport-port.ts';
import type { TransportLimits } from './limits.ts';
import { Link, type LinkEvents } from './link.ts';

const LINKS_MAX = 4;
/** SETTLED_MS, in handshake time-outs. */
const SETTLED_HANDSHAKES = 2;

export interface PeerSlotEvents {
  connected(peer: NodeId): void;
  disconnected(peer: NodeId): void;
  frames(peer: NodeId, lane: Lane, frames: readonly Uint8Array[]): void;
  broken(peer: NodeId): void;
}

export interface PeerSlotInit {
  readonly self: NodeId;
  readonly peer: NodeId;
  readonly limits: TransportLimits;
  readonly events: PeerSlotEvents;
  /** Resolves with the connection, which the slot has been told of by then. */
  dial(addresses: readonly string[], signal: AbortSignal): Promise<Connection>;
}

export class PeerSlot {
  readonly #init: PeerSlotInit;
  readonly #decides: boolean;
  readonly #links = new Map<string, Link>();
  /** As the registry and the gossip have them. */
  #addresses: readonly string[] = [];
  /** As discovery on the local network has them. */
  #found: readonly string[] = [];
  #current: Link | undefined;
  /** Links of the other side that are open, while this side still dials. */
  #waiting: Link | undefined;
  #dial: AbortController | undefined;
  #redial: NodeJS.Timeout | undefined;
  #failures = 0;
  #reconsidering = false;
  #stopped = false;

  constructor(init: PeerSlotInit) {
    this.#init = init;
    this.#decides = init.self < init.peer;
  }

  get connected(): boolean {
    return this.#current !== undefined;
  }

  setAddresses(addresses: readonly string[]): void {
    const changed = addresses.join() !== this.#addresses.join();
    this.#addresses = [...addresses];
    if (changed && this.#current === undefined) this.#dialSoon(0);
  }

  /** Where discovery found the peer, or someone who says so. */
  setFound(addresses: readonly string[]): void {
    const changed = addresses.join() !== this.#found.join();
    this.#found = [...addresses];
    if (changed && this.#current === undefined) this.#dialSoon(0);
  }

  /**
   * Each dial begins at another address: they are tried in turn, and one that is silent takes all the time
   * that a dial has.
   */
  #targets(): string[] {
    const all = [...new Set([...this.#addresses, ...this.#found])];
    const first = this.#failures % Math.max(1, all.length);
    return [...all.slice(first), ...all.slice(0, first)];
  }

  send(lane: Lane, frame: Uint8Array): boolean {
    return this.#current?.send(lane, frame) ?? false;
  }

  tick(elapsedMs: number): void {
    this.#current?.tick(elapsedMs);
  }

  /** Sends what is queued, then lets the peer go. Never rejects. */
  async finish(): Promise<void> {
    this.#end();
    await this.#current?.finish();
    this.stop();
  }

  /** Lets the peer go at once. */
  stop(): void {
    this.#end();
    for (const link of [...this.#links.values()]) link.close(new Error('the peer is no longer wanted'));
  }

  #end(): void {
    this.#stopped = true;
    clearTimeout(this.#redial);
    this.#dial?.abort();
  }

  /** A connection to or from the peer has opened. */
  onConnection(connection: Connection): void {
    if (this.#stopped || this.#links.size >= LINKS_MAX) {
      connection.abort(new Error('too many connections'));
      return;
    }
    const link = new Link(connection, this.#init.limits, this.#linkEvents, performance.now());
    this.#links.set(connection.id, link);
    const timer = setTimeout(() => {
      if (link !== this.#current) link.close(new Error('the lanes did not open in time'));
    }, this.#init.limits.handshakeTimeoutMs);
    timer.unref();
    connection.addEventListener('close', () => clearTimeout(timer));
    if (link.dialled) void link.openLanes();
  }

  /** The peer opened a lane. */
  onStream(connection: Connection, lane: Lane, stream: Stream): void {
    const link = this.#links.get(connection.id);
    if (link === undefined || link.dialled) stream.abort(new Error('no lane is expected here'));
    else link.attach(lane, stream);
  }

  readonly #linkEvents: LinkEvents = {
    lanesOpen: (link) => {
      if (link.dialled) {
        this.#dialEnded();
        if (this.#decides) this.#use(link);
        else link.awaitAcceptance();
      } else if (!this.#decides) this.#use(link);
      else if (this.#current !== undefined && this.#mayHaveCrossed(this.#current))
        link.close(new Error('another connection is in use'));
      else if (this.#current === undefined && this.#dial !== undefined) this.#waiting = link;
      else this.#use(link);
    },
    accepted: (link) => {
      if (link !== this.#current && link.dialled && !this.#decides) this.#use(link);
    },
    frames: (link, lane, frames) => {
      if (link === this.#current) this.#init.events.frames(this.#init.peer, lane, frames);
    },
    closed: (link, broken) => {
      this.#links.delete(link.connection.id);
      if (broken) this.#init.events.broken(this.#init.peer);
      if (link === this.#waiting) this.#waiting = undefined;
      if (link === this.#current) {
        this.#current = undefined;
        this.#init.events.disconnected(this.#init.peer);
      }
      if (link.dialled && !link.complete) this.#dialEnded();
      this.#reconsider();
    },
  };

  #mayHaveCrossed(link: Link): boolean {
    const settledMs = SETTLED_HANDSHAKES * this.#init.limits.handshakeTimeoutMs;
    return link.dialled && performance.now() - link.openedAt < settledMs;
  }

  #use(link: Link): void {
    const { peer, events } = this.#init;
    const old = this.#current;
    this.#waiting = undefined;
    if (old !== undefined) {
      this.#current = undefined;
      events.disconnected(peer);
    }
    // The owner may have dropped this peer in answer.
    if (this.#stopped || link.closed) return;
    this.#current = link;
    this.#failures = 0;
    clearTimeout(this.#redial);
    this.#redial = undefined;
    this.#dial?.abort();
    for (const other of [...this.#links.values()])
      if (other !== link) other.close(new Error('another connection is in use'));
    if (this.#decides && !link.dialled) link.pulse();
    if (link.closed) return;
    events.connected(peer);
    if (!link.closed) link.listen();
  }

  #dialSoon(waitMs: number): void {
    if (this.#stopped || this.#targets().length === 0) return;
    clearTimeout(this.#redial);
    this.#redial = setTimeout(() => this.#dialNow(), waitMs);
  }

  #dialNow(): void {
    this.#redial = undefined;
    if (this.#stopped || this.#current !== undefined || this.#dial !== undefined) return;
    const dial = new AbortController();
    this.#dial = dial;
    const signal = AbortSignal.any([dial.signal, AbortSignal.timeout(this.#init.limits.handshakeTimeoutMs)]);
    this.#init.dial(this.#targets(), signal).then(
      (connection) => {
        // The lanes end the dial; unless the link is gone already.
        if (!this.#links.has(connection.id) && this.#dial === dial) this.#dialEnded();
      },
      () => {
        if (this.#dial === dial) this.#dialEnded();
      },
    );
  }

  /** The dial led to a link with lanes, or to nothing. */
  #dialEnded(): void {
    this.#dial = undefined;
    this.#reconsider();
  }

  /** Uses the link that waited, or dials again; once the calls under way are through. */
  #reconsider(): void {
    if (this.#reconsidering) return;
    this.#reconsidering = true;
    queueMicrotask(() => {
      this.#reconsidering = false;
      if (this.#stopped || this.#current !== undefined || this.#dial !== undefined) return;
      if (this.#waiting !== undefined) this.#use(this.#waiting);
      else if (this.#links.size === 0 && this.#redial === undefined) this.#dialSoon(this.#backoffMs());
    });
  }

  #backoffMs(): number {
    const { redialMinMs, redialMaxMs } = this.#init.limits;
    const most = Math.min(redialMaxMs, redialMinMs * 2 ** Math.min(this.#failures++, 16));
    return most / 2 + (Math.random() * most) / 2;
  }
}
