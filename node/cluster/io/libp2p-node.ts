// A libp2p node with every setting made by hand: TCP, Noise, yamux, and nothing that talks by itself.
import { bootstrap } from '@libp2p/bootstrap';
import type { ComponentLogger, ConnectionGater, Libp2p, Logger, PeerInfo } from '@libp2p/interface';
import { mdns } from '@libp2p/mdns';
import { noise } from '@libp2p/noise';
import { tcp } from '@libp2p/tcp';
import { createLibp2p } from 'libp2p';
import { toMultiaddr } from './address.ts';
import { libp2pKey } from './identity.ts';
import type { TransportLimits } from './limits.ts';
import { boundedYamux } from './muxer.ts';
import { coalesceWrites } from './stream-tuning.ts';

export interface Libp2pSettings {
  readonly privateKey: Uint8Array;
  /** `HOST:PORT`; undefined: do not listen. */
  readonly listen: string | undefined;
  readonly announce: string | undefined;
  /** Multiaddrs that end in `/p2p/…`. */
  readonly bootstrap: readonly string[];
  /** Gets what each answer by multicast DNS says; undefined: do not ask. */
  readonly found: ((peer: PeerInfo) => void) | undefined;
  readonly gater: ConnectionGater;
  readonly limits: TransportLimits;
}

/** A node that is not started yet. */
export function createLibp2pNode(settings: Libp2pSettings): Promise<Libp2p> {
  const { limits } = settings;
  return createLibp2p({
    start: false,
    privateKey: libp2pKey(settings.privateKey),
    nodeInfo: { name: 'seq-node', userAgent: 'seq-node' },
    logger: SILENT,
    addresses: {
      listen: settings.listen === undefined ? [] : [toMultiaddr(settings.listen).toString()],
      announce: settings.announce === undefined ? [] : [toMultiaddr(settings.announce).toString()],
    },
    transports: [
      // Pulses find silent peers; a socket has no other reason to be idle (0: no time-out).
      tcp({ inboundSocketInactivityTimeout: 0, outboundSocketInactivityTimeout: 0, backlog: 511 }),
    ],
    // The hook for private networks is the place where libp2p lets one see a connection before anything is
    // sent on it.
    connectionProtector: () => ({
      protect: (connection) => {
        coalesceWrites(connection);
        return Promise.resolve(connection);
      },
    }),
    connectionEncrypters: [noise()],
    streamMuxers: [boundedYamux(streamWriteBytesMax(limits))],
    connectionGater: settings.gater,
    connectionManager: {
      maxConnections: limits.connectionsMax,
      maxIncomingPendingConnections: limits.pendingConnectionsMax,
      inboundConnectionThreshold: limits.connectionsPerSecondMax,
      inboundUpgradeTimeout: limits.handshakeTimeoutMs,
      inboundStreamProtocolNegotiationTimeout: limits.handshakeTimeoutMs,
      outboundStreamProtocolNegotiationTimeout: limits.handshakeTimeoutMs,
      dialTimeout: limits.handshakeTimeoutMs,
      addressDialTimeout: limits.handshakeTimeoutMs,
      reconnectRetries: 0,
    },
    connectionMonitor: { enabled: false },
    peerDiscovery: [
      ...(settings.bootstrap.length > 0 ? [bootstrap({ list: [...settings.bootstrap], timeout: 0 })] : []),
      ...(settings.found ? [localDiscovery(settings.found)] : []),
    ],
  });
}

/**
 * Multicast DNS. libp2p itself tells of a peer only once, when it first hears of it: not of the addresses
 * that it moves to.
 */
function localDiscovery(found: (peer: PeerInfo) => void): ReturnType<typeof mdns> {
  const make = mdns({ serviceTag: '_seq-node._udp.local' });
  return (components) => {
    const discovery = make(components);
    discovery.addEventListener('peer', ({ detail }) => found(detail));
    return discovery;
  };
}

/** The transport refuses frames before this bound; it only guards against a fault of ours. */
const streamWriteBytesMax = ({ bufferBytesMax, frameBytesMax }: TransportLimits) =>
  Math.max(...Object.values(bufferBytesMax)) + Math.max(...Object.values(frameBytesMax));

const silent: Logger = Object.assign(() => undefined, {
  enabled: false,
  error: () => undefined,
  trace: () => undefined,
  newScope: () => silent,
});

/** libp2p logs each frame; formatting that, only to drop it, would cost more than sending. */
const SILENT: ComponentLogger = { forComponent: () => silent };
