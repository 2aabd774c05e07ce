// The port of the network. node/cluster/io carries it out over libp2p, sim/ over a simulated network; both
// pass the suite in node/cluster/io/transport-suite.ts. Frames are opaque bytes here; node/cluster/wire.ts
// gives them meaning.
import type { NodeId } from '../base/ids.ts';
import type { Peer } from '../base/peer.ts';

/**
 * Lanes keep traffic of one kind from delaying another between the same two nodes. `control`: consensus,
 * probes and other small urgent frames; `data`: messages of actors; `bulk`: snapshots and journals. Each lane
 * is first-in-first-out; there is no order between lanes.
 */
export type Lane = 'control' | 'data' | 'bulk';

export const LANES: readonly Lane[] = ['control', 'data', 'bulk'];

export type Dialled = Pick<Peer, 'node' | 'addresses'>;

export interface Transport {
  readonly self: NodeId;
  /** Where others reach this node, each as `HOST:PORT`: the announced address, else the ones listened on. */
  readonly addresses: readonly string[];

  /**
   * Queues one frame; frames that are sent within one turn of the event loop travel in one write. The
   * transport keeps `frame` without copying it: the caller does not change it afterwards. `false`: there is
   * no connection, the lane's buffer is full, or the frame is over the lane's limit; the frame is dropped,
   * which the caller treats as loss. `true` promises nothing about arrival.
   */
  send(to: NodeId, lane: Lane, frame: Uint8Array): boolean;

  /**
   * Replaces the admitted peers: dials those that have addresses and keeps them connected, hangs up on all
   * others. The node itself may be in the list; it is passed over.
   */
  setPeers(peers: readonly Dialled[]): void;

  /**
   * Whether strangers may connect to ask for admission (an unexpired join token exists). Initially false.
   * Those of `always` may at any time, to be told how they stand.
   */
  setGuestsAllowed(allowed: boolean, always?: readonly NodeId[]): void;

  /**
   * Sends what was queued, then closes every connection and the listener. No event comes after it resolves.
   */
  stop(): Promise<void>;
}

/**
 * What the transport tells its owner. Calls come one at a time and never from within a call to the transport,
 * except that `disconnected` may. An owner that throws stops nothing: the transport counts and logs it.
 */
export interface TransportEvents {
  /**
   * Frames that arrived together, in order. They share memory with the network buffer: a part that is kept
   * beyond the call must be copied. Only between `connected` and `disconnected` of the peer.
   */
  frames(from: NodeId, lane: Lane, frames: readonly Uint8Array[]): void;
  /** All lanes to the peer are open: `send` works. */
  connected(peer: NodeId): void;
  /** Frames that were sent and not yet handled by the peer are lost. */
  disconnected(peer: NodeId): void;
  /** Addresses (`HOST:PORT`) at which discovery found a node; the node may be of any cluster, or none. */
  discovered(addresses: readonly string[]): void;
  /**
   * A stranger, or a peer, asks for admission. `remoteAddress` is `HOST:PORT` as seen from here. The answer
   * goes back to it; a rejected promise closes the stream without an answer.
   */
  joinRequest(from: NodeId, remoteAddress: string, payload: Uint8Array): Promise<Uint8Array>;
}
