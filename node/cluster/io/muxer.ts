// yamux, with the bounds that @libp2p/yamux 8 does not set itself.
//
// 1. A frame that claims more bytes than the flow-control window is refused at its header; yamux by itself
//    would buffer it whole before looking at the window.
// 2. What waits to be written to a connection is bounded: a peer that sends but never reads is hung up on.
import type { MessageStream, StreamMuxerFactory } from '@libp2p/interface';
import { yamux } from '@libp2p/yamux';
import { HeaderCheck, MuxerError } from './header-check.ts';
import { STREAMS_MAX, WINDOW_BYTES } from './limits.ts';
import { shortenConnection } from './short-cuts.ts';
import { cheapenEndOfInput } from './stream-tuning.ts';

/**
 * Acks and window updates of a peer that does not read them; and one window of each lane that TCP has not
 * taken yet.
 */
const CONNECTION_WRITE_BYTES_MAX = 16 * WINDOW_BYTES;
const STREAM_READ_BYTES_MAX = 8 * WINDOW_BYTES;

/** `streamWriteBytesMax`: above this a stream that is not read by the other side is torn down. */
export function boundedYamux(streamWriteBytesMax: number): () => StreamMuxerFactory {
  const factory = yamux({
    enableKeepAlive: false,
    maxInboundStreams: STREAMS_MAX,
    maxOutboundStreams: STREAMS_MAX,
    maxEarlyStreams: STREAMS_MAX,
    streamOptions: {
      initialStreamWindowSize: WINDOW_BYTES,
      maxStreamWindowSize: WINDOW_BYTES,
      maxReadBufferLength: STREAM_READ_BYTES_MAX,
      maxWriteBufferLength: streamWriteBytesMax,
    },
  })();
  return () => ({
    protocol: factory.protocol,
    createStreamMuxer(connection: MessageStream) {
      cheapenEndOfInput(connection);
      connection.maxWriteBufferLength = CONNECTION_WRITE_BYTES_MAX;
      const headers = new HeaderCheck();
      // Registered before the muxer's own listener, so that it sees each chunk first.
      connection.addEventListener('message', ({ data }) => {
        try {
          if (data instanceof Uint8Array) headers.read(data);
          else for (const part of data) headers.read(part);
        } catch (cause) {
          connection.abort(cause instanceof Error ? cause : new MuxerError(String(cause)));
        }
      });
      const muxer = factory.createStreamMuxer(connection);
      shortenConnection(connection, muxer, (bytes) => headers.read(bytes));
      return muxer;
    },
  });
}
