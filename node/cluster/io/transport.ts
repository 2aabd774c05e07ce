// The transport over libp2p. Peers are admitted by `setPeers` alone; see peer-slot.ts for how one stays
// connected.
//
// 1. Who is neither admitted nor a guest is refused as soon as Noise has told its peer id, and again by every
//    protocol.
// 2. A guest reaches the join protocol only, for a short time, in small numbers.
// 3. A peer that is no longer admitted loses its connections at once.
// 4. Nothing that comes over the network, and nothing that the owner throws, leaves an event handler.
import type { Connection, Libp2p, PeerId, Stream } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import type { Multiaddr } from '@multiformats/multiaddr';
import { SeqNodeError } from '../../base/errors.ts';
import { type NodeId, nodeId } from '../../base/ids.ts';
import { type Dialled, LANES, type Lane, type Transport, type TransportEvents } from '../transport-port.ts';
import { fromMultiaddr, parseHostPort, toMultiaddr } from './address.ts';
import { identityOf } from './identity.ts';
import { answerJoin } from './join.ts';
import { createLibp2pNode } from './libp2p-node.ts';
import { JOIN_PROTOCOL, LANE_PROTOCOLS, TRANSPORT_LIMITS, type TransportLimits } from './limits.ts';
import { PeerSlot } from './peer-slot.ts';

export interface TransportOptions {
  /** See identity.ts. */
  readonly privateKey: Uint8Array;
  /** `HOST:PORT`; port 0 takes a free one. Default `0.0.0.0:7400`. */
  readonly listen?: string;
  /** `HOST:PORT` that others should dial, where it differs from what is listened on. */
  readonly announce?: string;
  /**
   * Nodes to ask first: `HOST:PORT`, or `HOST:PORT/p2p/NODE`. They are dialled while an admitted peer is
   * missing, and kept if they turn out to be admitted.
   */
  readonly bootstrap?: readonly string[];
  /** Look for nodes on the local network by multicast DNS. Default false. */
  readonly mdns?: boolean;
  readonly limits?: Partial<TransportLimits>;
  readonly events: TransportEvents;
  /** Gets a sentence for each fault that was contained. */
  readonly warn?: (sentence: string) => void;
}

/** What has happened since the start, for metrics. */
export interface TransportCounters {
  framesSent: number;
  framesReceived: number;
  bytesSent: number;
  bytesReceived: number;
  /** Frames that `send` refused. */
  framesRefused: number;
  /** Connections and streams of nodes that were not admitted. */
  strangersRefused: number;
  guests: number;
  joinRequests: number;
  /** Links that were closed because the peer broke the protocol. */
  linksBroken: number;
  /** Exceptions of the owner's event handlers. */
  ownerFaults: number;
}

export interface Libp2pTransport extends Transport {
  readonly counters: Readonly<TransportCounters>;
  /** Peers to which there is a link. */
  connectedPeers(): NodeId[];
}

const TICK_MS = 1_000;
const BOOTSTRAP_EVERY_TICKS = 3;
/** Addresses of one peer that are taken from an answer by multicast DNS. */
const FOUND_MAX = 8;

/** Listens and starts discovery. Rejects with `bad-config` when an address is malformed or taken. */
export async function startTransport(options: TransportOptions): Promise<Libp2pTransport> {
  const transport = new Switchboard(options);
  await transport.start();
  return transport;
}

class Switchboard implements Libp2pTransport {
  readonly self: NodeId;
  readonly counters: TransportCounters = {
    framesSent: 0,
    framesReceived: 0,
    bytesSent: 0,
    bytesReceived: 0,
    framesRefused: 0,
    strangersRefused: 0,
    guests: 0,
    joinRequests: 0,
    linksBroken: 0,
    ownerFaults: 0,
  };
  readonly #options: TransportOptions;
  readonly #limits: TransportLimits;
  readonly #slots = new Map<NodeId, PeerSlot>();
  readonly #guests = new Map<string, Connection>();
  #libp2p: Libp2p | undefined;
  #addresses: readonly string[] = [];
  #guestsAllowed = false;
  #guestsAlways: ReadonlySet<NodeId> = new Set();
  #stopping: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ticks = 0;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#limits = { ...TRANSPORT_LIMITS, ...options.limits };
    this.self = identityOf(options.privateKey);
  }

  get addresses(): string[] {
    return [...this.#addresses];
  }

  connectedPeers(): NodeId[] {
    return [...this.#slots].filter(([, slot]) => slot.connected).map(([peer]) => peer);
  }

  async start(): Promise<void> {
    const { privateKey, announce, mdns } = this.#options;
    const listen = this.#options.listen ?? '0.0.0.0:7400';
    const bootstrap = this.#options.bootstrap ?? [];
    const known = bootstrap.filter((text) => text.includes('/p2p/')).map(withPeer);
    for (const text of bootstrap) if (!text.includes('/p2p/')) parseHostPort(text);
    const libp2p = await createLibp2pNode({
      privateKey,
      listen,
      announce,
      bootstrap: known,
      found: mdns ? ({ id, multiaddrs }) => this.#onFound(id, multiaddrs) : undefined,
      limits: this.#limits,
      gater: {
        denyDialPeer: (peer) => !this.#admitted(peer),
        denyInboundEncryptedConnection: (peer) => !this.#welcome(peer),
        denyOutboundEncryptedConnection: (peer) => this.#refuse(!this.#admitted(peer)),
      },
    });
    this.#libp2p = libp2p;
    libp2p.addEventListener('connection:open', ({ detail }) => this.#onConnection(detail));
    libp2p.addEventListener('peer:discovery', ({ detail }) =>
      this.#onDiscovered(detail.id, detail.multiaddrs),
    );
    await this.#handleProtocols(libp2p);
    try {
      await libp2p.start();
    } catch (cause) {
      const message = `The node cannot listen on ${listen} (p2p.listen): ${firstLine(cause)}.`;
      throw new SeqNodeError('bad-config', message, { listen });
    }
    this.#addresses = announce === undefined ? reachable(libp2p) : [announce];
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#dialBootstrap();
  }

  send(to: NodeId, lane: Lane, frame: Uint8Array): boolean {
    const taken = this.#slots.get(to)?.send(lane, frame) ?? false;
    if (taken) {
      this.counters.framesSent++;
      this.counters.bytesSent += frame.byteLength;
    } else this.counters.framesRefused++;
    return taken;
  }

  setPeers(peers: readonly Dialled[]): void {
    if (this.#stopping !== undefined) return;
    const wanted = new Map(peers.filter(({ node }) => node !== this.self).map((peer) => [peer.node, peer]));
    for (const [node, slot] of [...this.#slots])
      if (!wanted.has(node)) {
        this.#slots.delete(node);
        slot.stop();
      }
    for (const { node, addresses } of wanted.values()) {
      let slot = this.#slots.get(node);
      if (slot === undefined) {
        slot = this.#newSlot(node);
        this.#slots.set(node, slot);
      }
      slot.setAddresses(addresses.filter((address) => isAddress(address) || this.#passOver(address)));
    }
    this.#hangUpOnStrangers();
    this.#dialBootstrap();
  }

  setGuestsAllowed(allowed: boolean, always: readonly NodeId[] = []): void {
    this.#guestsAllowed = allowed;
    this.#guestsAlways = new Set(always);
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    clearInterval(this.#timer);
    const slots = [...this.#slots.values()];
    this.#slots.clear();
    for (const guest of this.#guests.values()) guest.abort(new Error('stopping'));
    await Promise.all(slots.map((slot) => slot.finish()));
    await this.#libp2p?.stop();
  }

  #newSlot(peer: NodeId): PeerSlot {
    const { events } = this.#options;
    return new PeerSlot({
      self: this.self,
      peer,
      limits: this.#limits,
      dial: (addresses, signal) => this.#dial(peer, addresses, signal),
      events: {
        connected: () => this.#guard(() => events.connected(peer)),
        disconnected: () => this.#guard(() => events.disconnected(peer)),
        frames: (_, lane, frames) => {
          this.counters.framesReceived += frames.length;
          for (const frame of frames) this.counters.bytesReceived += frame.byteLength;
          this.#guard(() => events.frames(peer, lane, frames));
        },
        broken: () => {
          this.counters.linksBroken++;
          this.#warn(`Hung up on ${peer}, which broke the protocol.`);
        },
      },
    });
  }

  #dial(peer: NodeId, addresses: readonly string[], signal: AbortSignal): Promise<Connection> {
    const libp2p = this.#libp2p;
    if (libp2p === undefined) return Promise.reject(new Error('not started'));
    const targets = addresses.map((address) => toMultiaddr(address).encapsulate(`/p2p/${peer}`));
    return libp2p.dial(targets, { signal, force: true });
  }

  /**
   * Addresses without a peer id: whoever answers and is admitted is a peer; the gate turns the others away.
   */
  #dialBootstrap(): void {
    if (this.#slots.size === 0 || [...this.#slots.values()].every((slot) => slot.connected)) return;
    for (const text of this.#options.bootstrap ?? []) {
      if (text.includes('/p2p/')) continue;
      const signal = AbortSignal.timeout(this.#limits.handshakeTimeoutMs);
      this.#libp2p?.dial(toMultiaddr(text), { signal }).then(
        () => this.#guard(() => this.#options.events.discovered([text])),
        () => undefined,
      );
    }
  }

  #tick(): void {
    for (const slot of this.#slots.values()) slot.tick(TICK_MS);
    if (++this.#ticks % BOOTSTRAP_EVERY_TICKS === 0) this.#dialBootstrap();
  }

  async #handleProtocols(libp2p: Libp2p): Promise<void> {
    for (const lane of LANES)
      await libp2p.handle(
        LANE_PROTOCOLS[lane],
        (stream, connection) => {
          const slot = this.#slots.get(idOf(connection.remotePeer));
          if (slot !== undefined) slot.onStream(connection, lane, stream);
          else {
            this.counters.strangersRefused++;
            connection.abort(new Error('not admitted'));
          }
        },
        { maxInboundStreams: 1, maxOutboundStreams: 1 },
      );
    await libp2p.handle(JOIN_PROTOCOL, (stream, connection) => this.#onJoin(stream, connection), {
      maxInboundStreams: 1,
      maxOutboundStreams: 1,
    });
  }

  #onJoin(stream: Stream, connection: Connection): void {
    const from = idOf(connection.remotePeer);
    if (!this.#slots.has(from) && !this.#guests.has(connection.id)) {
      this.counters.strangersRefused++;
      connection.abort(new Error('not admitted'));
      return;
    }
    const remoteAddress = fromMultiaddr(connection.remoteAddr) ?? '';
    this.counters.joinRequests++;
    void answerJoin(
      stream,
      (payload) => this.#options.events.joinRequest(from, remoteAddress, payload),
      this.#limits,
    );
  }

  #onConnection(connection: Connection): void {
    const slot = this.#slots.get(idOf(connection.remotePeer));
    if (slot !== undefined && this.#stopping === undefined) slot.onConnection(connection);
    else if (connection.direction === 'inbound' && this.#welcome(connection.remotePeer))
      this.#onGuest(connection);
    else {
      this.counters.strangersRefused++;
      connection.abort(new Error('not admitted'));
    }
  }

  #onGuest(connection: Connection): void {
    this.counters.guests++;
    this.#guests.set(connection.id, connection);
    const timer = setTimeout(
      () => connection.abort(new Error('the guest stayed too long')),
      this.#limits.guestTimeoutMs,
    );
    timer.unref();
    connection.addEventListener('close', () => {
      clearTimeout(timer);
      this.#guests.delete(connection.id);
    });
  }

  /** Anybody on the local network may say so; who answers there must have the key of the peer. */
  #onFound(peer: PeerId, found: readonly Multiaddr[]): void {
    const addresses = found
      .map(fromMultiaddr)
      .filter((address) => address !== undefined && isAddress(address));
    this.#slots.get(idOf(peer))?.setFound(addresses.slice(0, FOUND_MAX) as string[]);
  }

  #onDiscovered(peer: PeerId, found: readonly Multiaddr[]): void {
    // libp2p also reports peers that it learns of by dialling or being dialled.
    if (this.#admitted(peer) || this.#stopping !== undefined) return;
    const addresses = found.map(fromMultiaddr).filter((address) => address !== undefined);
    if (addresses.length > 0) this.#guard(() => this.#options.events.discovered(addresses));
  }

  /** A connection may be older than the decision that its peer is a stranger. */
  #hangUpOnStrangers(): void {
    for (const connection of this.#libp2p?.getConnections() ?? [])
      if (!this.#admitted(connection.remotePeer) && !this.#guests.has(connection.id))
        connection.abort(new Error('no longer admitted'));
  }

  #admitted(peer: PeerId): boolean {
    return this.#slots.has(idOf(peer));
  }

  #welcome(peer: PeerId): boolean {
    if (this.#stopping !== undefined) return false;
    if (this.#admitted(peer)) return true;
    const allowed = this.#guestsAllowed || this.#guestsAlways.has(idOf(peer));
    const welcome = allowed && this.#guests.size < this.#limits.guestsMax;
    if (!welcome) this.counters.strangersRefused++;
    return welcome;
  }

  #refuse(refused: boolean): boolean {
    if (refused) this.counters.strangersRefused++;
    return refused;
  }

  #passOver(address: string): false {
    this.#warn(`Passed over "${address}", which is not an address of the form HOST:PORT.`);
    return false;
  }

  #guard(call: () => void): void {
    try {
      call();
    } catch (cause) {
      this.counters.ownerFaults++;
      this.#warn(`A handler of the transport threw: ${cause instanceof Error ? cause.stack : String(cause)}`);
    }
  }

  #warn(sentence: string): void {
    this.#options.warn?.(sentence);
  }
}

function isAddress(text: string): boolean {
  try {
    parseHostPort(text);
    return true;
  } catch {
    return false;
  }
}

const idOf = (peer: PeerId) => nodeId(peer.toString());

/** The first line of an error of libp2p: the others repeat it with advice that is not ours. */
const firstLine = (cause: unknown) => {
  const text = cause instanceof Error ? cause.message : String(cause);
  return /\b(EADDRINUSE|EACCES|EADDRNOTAVAIL|ENOTFOUND)\b[^\n]*/.exec(text)?.[0] ?? text.split('\n')[0];
};

/** Where others may reach the node; its loopback addresses only when it has no other. */
function reachable(libp2p: Libp2p): string[] {
  const all = libp2p
    .getMultiaddrs()
    .map(fromMultiaddr)
    .filter((address) => address !== undefined);
  const outside = all.filter((address) => !/^(127\.|\[::1\]|localhost:)/.test(address));
  return [...new Set(outside.length > 0 ? outside : all)];
}

/** `HOST:PORT/p2p/NODE` as a multiaddr. Throws `bad-config`. */
function withPeer(text: string): string {
  const [address = '', node = ''] = text.split('/p2p/');
  try {
    return toMultiaddr(address)
      .encapsulate(`/p2p/${peerIdFromString(node)}`)
      .toString();
  } catch {
    throw new SeqNodeError('bad-config', `"${text}" is not an address of the form HOST:PORT/p2p/NODE.`);
  }
}
