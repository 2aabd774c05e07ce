// yamux, with the bounds that @libp2p/yamux 8 does not set itself.
//
// 1. A frame that claims more bytes than the flow-control window is refused at its header; yamux by itself
//    would buffer it whole before looking at the window.
// 2. What waits to be written to a connection is bounded: a peer that sends but never reads is hung up on.
import type { MessageStream, StreamMuxerFactory } from '@libp2p/interface';
import { yamux } from '@libp2p/yamux';
import { STREAMS_MAX, WINDOW_BYTES } from './limits.ts';
import { cheapenEndOfInput } from './stream-tuning.ts';

const HEADER_BYTES = 12;
const TYPE_DATA = 0;
const TYPE_GO_AWAY = 3;
/**
 * Acks and window updates of a peer that does not read them; and one window of each lane that TCP has not
 * taken yet.
 */
const CONNECTION_WRITE_BYTES_MAX = 16 * WINDOW_BYTES;
const STREAM_READ_BYTES_MAX = 8 * WINDOW_BYTES;

export class MuxerError extends Error {
  override readonly name = 'MuxerError';
}

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
      return factory.createStreamMuxer(connection);
    },
  });
}

/** Walks over a yamux byte stream and looks at nothing but the headers. */
export class HeaderCheck {
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerBytes = 0;
  #bodyBytesLeft = 0;

  /** Throws MuxerError at the first header that no honest peer sends. */
  read(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.byteLength) {
      if (this.#bodyBytesLeft > 0) {
        const skipped = Math.min(this.#bodyBytesLeft, chunk.byteLength - at);
        this.#bodyBytesLeft -= skipped;
        at += skipped;
        continue;
      }
      this.#header[this.#headerBytes++] = chunk[at++]!;
      if (this.#headerBytes < HEADER_BYTES) continue;
      this.#headerBytes = 0;
      this.#check();
    }
  }

  #check(): void {
    const header = this.#header;
    const type = header[1]!;
    if (header[0] !== 0 || type > TYPE_GO_AWAY)
      throw new MuxerError(`a yamux header of version ${header[0]}, type ${type}`);
    if (type !== TYPE_DATA) return;
    const length = header[8]! * 0x1000000 + ((header[9]! << 16) | (header[10]! << 8) | header[11]!);
    if (length > WINDOW_BYTES) throw new MuxerError(`a yamux frame of ${length} bytes`);
    this.#bodyBytesLeft = length;
  }
}
