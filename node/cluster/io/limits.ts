// Every bound of the transport, in one place.
import type { Lane } from '../transport-port.ts';

export interface TransportLimits {
  /** The longest frame of each lane, in bytes, checked before anything is allocated for it. */
  readonly frameBytesMax: Readonly<Record<Lane, number>>;
  /** Bytes that may wait to be sent to one peer on a lane; `send` answers false above it. */
  readonly bufferBytesMax: Readonly<Record<Lane, number>>;
  /** Connections of peers and guests that others opened, together. */
  readonly inboundConnectionsMax: number;
  /** Connections that others opened and that have not shown who they are yet. */
  readonly pendingConnectionsMax: number;
  /** Connections per second and address that are looked at. */
  readonly connectionsPerSecondMax: number;
  /** Time for Noise and yamux to agree with the other side. */
  readonly handshakeTimeoutMs: number;
  /** Guests (not admitted) that may be connected at once. */
  readonly guestsMax: number;
  /** A guest that is still there after this time is hung up on. */
  readonly guestTimeoutMs: number;
  /** Bytes of a join request or its answer. */
  readonly joinBytesMax: number;
  /** The first wait before dialling again; doubles up to `redialMaxMs`. Each wait is drawn between half and all of it. */
  readonly redialMinMs: number;
  readonly redialMaxMs: number;
}

const MB = 1024 * 1024;

export const TRANSPORT_LIMITS: TransportLimits = {
  frameBytesMax: { control: 8 * MB, data: 8 * MB, bulk: 8 * MB },
  bufferBytesMax: { control: 32 * MB, data: 32 * MB, bulk: 16 * MB },
  inboundConnectionsMax: 256,
  pendingConnectionsMax: 64,
  connectionsPerSecondMax: 100,
  handshakeTimeoutMs: 5_000,
  guestsMax: 16,
  guestTimeoutMs: 10_000,
  joinBytesMax: 64 * 1024,
  redialMinMs: 100,
  redialMaxMs: 2_000,
};
