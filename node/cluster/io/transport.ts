// The transport over libp2p: TCP, Noise, yamux.
import type { Transport, TransportEvents } from '../transport-port.ts';
import type { TransportLimits } from './limits.ts';

export interface TransportOptions {
  /** See identity.ts. */
  readonly privateKey: Uint8Array;
  /** `HOST:PORT`; port 0 takes a free one. Default `0.0.0.0:7400`. */
  readonly listen?: string;
  /** `HOST:PORT` that others should dial, where it differs from what is listened on. */
  readonly announce?: string;
  /** `HOST:PORT` of nodes to ask first. Reported as discovered; dialled once they are admitted. */
  readonly bootstrap?: readonly string[];
  /** Look for nodes on the local network by multicast DNS. Default false. */
  readonly mdns?: boolean;
  readonly limits?: Partial<TransportLimits>;
  readonly events: TransportEvents;
}

/** Listens and starts discovery. Rejects with `bad-config` when the address is malformed or taken. */
export function startTransport(_options: TransportOptions): Promise<Transport> {
  return Promise.reject(new Error('not there yet'));
}
