// What libp2p spends on small messages, and need not.
//
// 1. @libp2p/tcp writes each part of a Noise message (two bytes of length, the text, its tag) by itself,
//    which with TCP_NODELAY may become a packet each. Here all that one turn of the microtask queue produces
//    is one write.
// 2. @libp2p/yamux answers every data frame with a window update. Here it does so once half of the window is
//    used up.
// 3. @libp2p/noise finds the end of its input by an exception, which costs more than decrypting the message.
//    Here it finds that a message is not there yet, as where its length is there and not all of it.
//
// Each overrides methods of one object, and changes no bytes on the wire but their grouping. Where libp2p's
// objects look different from what is expected here, they are left as they are: slower, and correct.
import type { MessageStream, Stream } from '@libp2p/interface';
import type { YamuxStream } from '@libp2p/yamux/stream';

/** More than this is not copied into one buffer: the system gathers it as well. */
const JOINED_BYTES_MAX = 64 * 1024;

interface SendResult {
  readonly sentBytes: number;
  readonly canSendMore: boolean;
}

/** What @libp2p/utils' AbstractMultiaddrConnection lets its subclasses define. */
interface RawConnection extends MessageStream {
  sendData(data: Iterable<Uint8Array>): SendResult;
  sendClose(options?: object): Promise<void>;
}

const isRaw = (connection: MessageStream): connection is RawConnection =>
  typeof (connection as Partial<RawConnection>).sendData === 'function' &&
  typeof (connection as Partial<RawConnection>).sendClose === 'function';

/** `connection`: a TCP connection of @libp2p/tcp, before anything was sent on it. */
export function coalesceWrites(connection: MessageStream): void {
  if (!isRaw(connection)) return;
  const sendData = connection.sendData.bind(connection);
  const sendClose = connection.sendClose.bind(connection);
  let parts: Uint8Array[] = [];
  let bytes = 0;
  let canSendMore = true;
  connection.addEventListener('drain', () => {
    canSendMore = true;
  });
  const flush = () => {
    if (bytes === 0) return;
    const writes = bytes <= JOINED_BYTES_MAX ? [Buffer.concat(parts, bytes)] : parts;
    parts = [];
    bytes = 0;
    // One by one: given several, libp2p would stop at the first that fills the socket's buffer, and expect
    // them again.
    for (const write of writes)
      if (connection.status === 'open' || connection.status === 'closing')
        canSendMore = sendData([write]).canSendMore;
  };
  connection.sendData = (data) => {
    if (bytes === 0) queueMicrotask(flush);
    let sentBytes = 0;
    for (const part of data) {
      parts.push(part);
      sentBytes += part.byteLength;
    }
    bytes += sentBytes;
    return { sentBytes, canSendMore };
  };
  connection.sendClose = (options) => {
    flush();
    return sendClose(options);
  };
}

const isYamux = (stream: Stream): stream is Stream & YamuxStream =>
  typeof (stream as Partial<YamuxStream>).sendWindowUpdate === 'function' &&
  typeof (stream as Partial<YamuxStream>).handleData === 'function';

/** `stream`: an open stream of @libp2p/yamux. `windowBytes`: its receive window, which does not grow. */
export function spareWindowUpdates(stream: Stream, windowBytes: number): void {
  if (!isYamux(stream)) return;
  const handleData = stream.handleData.bind(stream);
  const sendWindowUpdate = stream.sendWindowUpdate.bind(stream);
  let owedBytes = 0;
  stream.handleData = (frame) => {
    owedBytes += frame.header.length;
    handleData(frame);
  };
  stream.sendWindowUpdate = () => {
    if (owedBytes < windowBytes / 2) return;
    owedBytes = 0;
    sendWindowUpdate();
  };
}

interface NoiseStream extends MessageStream {
  readonly decoder: {
    lengthDecoder(data: { readonly byteLength: number; get(index: number): number }): number;
  };
}

const isNoise = (connection: MessageStream): connection is NoiseStream =>
  typeof (connection as Partial<NoiseStream>).decoder?.lengthDecoder === 'function';

/** In the place of a length that is not there yet: no message can be so long and be there. */
const LONGEST = 0xffff;

/** `connection`: a stream of @libp2p/noise, after its handshake. */
export function cheapenEndOfInput(connection: MessageStream): void {
  if (!isNoise(connection)) return;
  connection.decoder.lengthDecoder = (data) => {
    return data.byteLength < 2 ? LONGEST : data.get(0) * 256 + data.get(1);
  };
}
