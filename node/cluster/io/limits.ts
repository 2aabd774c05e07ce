// Every bound of the transport, in one place.
import { FRAME_BYTES_MAX } from '../../base/data-limits.ts';
import type { Lane } from '../transport-port.ts';

export interface TransportLimits {
  /** The longest frame of each lane, in bytes, checked before anything is allocated for it. */
  readonly frameBytesMax: Readonly<Record<Lane, number>>;
  /** Bytes that may wait to be sent to one peer on a lane; `send` answers false above it. */
  readonly bufferBytesMax: Readonly<Record<Lane, number>>;
  /** Connections of all kinds. */
  readonly connectionsMax: number;
  /** Connections that others opened and that have not shown who they are yet. */
  readonly pendingConnectionsMax: number;
  /** Connections per second and host that are looked at. */
  readonly connectionsPerSecondMax: number;
  /** Time for TCP, Noise, yamux and the lanes to be agreed with the other side. */
  readonly handshakeTimeoutMs: number;
  /** Guests (not admitted) that may be connected at once. */
  readonly guestsMax: number;
  /** A guest that is still there after this time is hung up on. */
  readonly guestTimeoutMs: number;
  /** Bytes of a join request or its answer. */
  readonly joinBytesMax: number;
  /**
   * The first wait before dialling again; doubles up to `redialMaxMs`. Each wait is drawn between half and
   * all of it.
   */
  readonly redialMinMs: number;
  readonly redialMaxMs: number;
  /** A peer to which nothing was sent for this long gets a pulse. */
  readonly pulseMs: number;
  /** A peer from which nothing came for this long is hung up on, and dialled again. */
  readonly silenceMaxMs: number;
}

const MB = 1024 * 1024;

export const TRANSPORT_LIMITS: TransportLimits = {
  frameBytesMax: { control: FRAME_BYTES_MAX, data: FRAME_BYTES_MAX, bulk: FRAME_BYTES_MAX },
  bufferBytesMax: { control: 32 * MB, data: 32 * MB, bulk: 32 * MB },
  connectionsMax: 256,
  pendingConnectionsMax: 64,
  connectionsPerSecondMax: 200,
  handshakeTimeoutMs: 5_000,
  guestsMax: 16,
  guestTimeoutMs: 10_000,
  joinBytesMax: 64 * 1024,
  redialMinMs: 100,
  redialMaxMs: 2_000,
  pulseMs: 2_000,
  silenceMaxMs: 8_000,
};

/** The protocols. A change of framing or meaning takes a new number. */
export const LANE_PROTOCOLS: Readonly<Record<Lane, string>> = {
  control: '/seq-node/control/1',
  data: '/seq-node/data/1',
  bulk: '/seq-node/bulk/1',
};
export const JOIN_PROTOCOL = '/seq-node/join/1';

/**
 * Streams that one side may open on a connection: three lanes and two join requests, and some that are
 * closing.
 */
export const STREAMS_MAX = 8;
/**
 * The yamux flow-control window, in bytes: what one stream may have under way, the longest yamux frame, and
 * so how long one lane can hold up the others. Both sides start from it and never change it; it is part of
 * the protocol. A larger one carries more over long distances, and makes control frames wait longer behind
 * bulk ones.
 */
export const WINDOW_BYTES = 512 * 1024;
