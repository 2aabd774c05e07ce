// Short cuts through the layers of libp2p: a stream of yamux, over Noise, over TCP.
//
// Each layer keeps what it sends and what it receives in lists of buffers, of which it copies and cuts lists,
// and tells the next layer by an event of the DOM. For one small frame that is three times so on either side,
// and costs more than encrypting it. Nearly always all lists are empty and nobody pauses: then bytes go
// straight from one layer to the next.
//
// 1. The bytes on the wire are those that libp2p would send, in the same order.
// 2. Whatever is not usual (something waits, is paused, closes, or comes in parts) takes libp2p's own way,
//    and so does what follows, until everything is usual again.
// 3. Where libp2p's objects look different from what is expected here, they are left as they are.
import type { MessageStream, Stream, StreamMessageEvent, StreamMuxer } from '@libp2p/interface';
import { allocateBytes } from '../../base/small-bytes.ts';
import { HEADER_BYTES, TYPE_DATA } from './header-check.ts';

/** One buffer, or a list of them. */
type Bytes = StreamMessageEvent['data'];

/** What @libp2p/utils' AbstractMessageStream keeps, and its subclasses define. */
interface Layer extends MessageStream {
  readonly readStatus: string;
  readonly writeStatus: string;
  readonly remoteWriteStatus: string;
  readonly sendingData: boolean;
  readonly readBuffer: { readonly byteLength: number };
  readonly writeBuffer: { readonly byteLength: number };
  writableNeedsDrain: boolean;
  listenerCount(type: string): number;
  onData(data: Bytes): void;
}

interface Raw extends Layer {
  sendData(data: Iterable<Uint8Array>): { readonly canSendMore: boolean };
}

/** A connection of @libp2p/noise. */
interface Noise extends Layer {
  readonly stream: Raw;
  readonly decoder: { readonly buffer: { readonly byteLength: number } };
  readonly handshake: {
    encrypt(plain: Bytes): Bytes;
    decrypt(encrypted: Uint8Array, into: Uint8Array): Bytes;
  };
}

interface FrameHeader {
  readonly type: number;
  readonly flag: number;
  readonly streamID: number;
  readonly length: number;
}

/** A muxer of @libp2p/yamux. */
interface Muxer extends StreamMuxer {
  readonly decoder: { readonly buffer: { readonly byteLength: number } };
  onData(data: Bytes): void;
  handleFrame(frame: { readonly header: FrameHeader; readonly data?: Uint8Array }): void;
  handleStreamMessage(frame: { readonly header: FrameHeader; readonly data?: Uint8Array }): void;
  sendFrame(header: FrameHeader, data?: Bytes): boolean;
  send(data: Bytes): boolean;
}

/** A stream of @libp2p/yamux. */
interface YamuxStream extends Layer {
  readonly streamId: number;
  sendWindowCapacity: number;
  sendFrame(header: FrameHeader, data: Bytes): boolean;
  getSendFlags(): number;
}

/** The longest text of one message of Noise. */
const NOISE_TEXT_BYTES_MAX = 65_519;
const NOISE_LENGTH_BYTES = 2;
const NOISE_TAG_BYTES = 16;
/** Longer texts are encrypted by another cipher, which takes a list as it is. */
const JOINED_BYTES_MAX = 1200;

const isLayer = (stream: object): stream is Layer => {
  const { onData, listenerCount, readBuffer, writeBuffer } = stream as Partial<Layer>;
  return (
    typeof onData === 'function' &&
    typeof listenerCount === 'function' &&
    typeof readBuffer?.byteLength === 'number' &&
    typeof writeBuffer?.byteLength === 'number'
  );
};

const isNoise = (connection: object): connection is Noise => {
  const { stream, handshake, decoder } = connection as Partial<Noise>;
  return (
    isLayer(connection) &&
    typeof handshake?.encrypt === 'function' &&
    typeof handshake.decrypt === 'function' &&
    typeof decoder?.buffer?.byteLength === 'number' &&
    stream !== undefined &&
    isLayer(stream)
  );
};

const isMuxer = (muxer: object): muxer is Muxer => {
  const methods = ['onData', 'handleFrame', 'handleStreamMessage', 'sendFrame', 'send'] as const;
  const found = muxer as Partial<Muxer>;
  return (
    methods.every((name) => typeof found[name] === 'function') &&
    typeof found.decoder?.buffer?.byteLength === 'number'
  );
};

const isYamux = (stream: object): stream is YamuxStream => {
  const { sendWindowCapacity, sendFrame, getSendFlags, streamId } = stream as Partial<YamuxStream>;
  return (
    isLayer(stream) &&
    typeof sendWindowCapacity === 'number' &&
    typeof streamId === 'number' &&
    typeof sendFrame === 'function' &&
    typeof getSendFlags === 'function'
  );
};

/** Whether `layer` would hand on at once what it gets, to listeners of this number. */
const receives = (layer: Layer, listeners: number): boolean =>
  layer.readBuffer.byteLength === 0 &&
  layer.readStatus === 'readable' &&
  layer.remoteWriteStatus === 'writable' &&
  layer.listenerCount('message') === listeners;

/** Whether `layer` would send at once. */
const sends = (layer: Layer): boolean =>
  layer.writeBuffer.byteLength === 0 &&
  layer.writeStatus === 'writable' &&
  !layer.writableNeedsDrain &&
  !layer.sendingData;

/**
 * Between TCP and Noise, and between Noise and the muxer. `connection`: a connection of @libp2p/noise, whose
 * TCP connection takes whatever it is given (`coalesceWrites`); `muxer`: the one that was made of it;
 * `check`: listens to the same bytes before the muxer does.
 */
export function shortenConnection(
  connection: MessageStream,
  muxer: StreamMuxer,
  check: (bytes: Uint8Array) => void,
): void {
  if (!isNoise(connection) || !isMuxer(muxer) || !Object.hasOwn(connection.stream, 'sendData')) return;
  receiveEncrypted(connection);
  receiveFrames(connection, muxer, check);
  sendEncrypted(connection);
  sendFrames(muxer);
}

/** As Noise's own listener does: decrypts each message in its place, and hands it on. */
function receiveEncrypted(noise: Noise): void {
  const raw = noise.stream;
  const usual = raw.onData.bind(raw);
  raw.onData = (data) => {
    if (!(data instanceof Uint8Array) || noise.decoder.buffer.byteLength > 0 || !receives(raw, 1))
      return usual(data);
    let at = 0;
    try {
      for (let end = noiseMessageEnd(data, at); end > 0; end = noiseMessageEnd(data, at)) {
        const from = data.byteOffset + at + NOISE_LENGTH_BYTES;
        const length = end - at - NOISE_LENGTH_BYTES;
        const into = new Uint8Array(data.buffer, from, length - NOISE_TAG_BYTES);
        noise.onData(noise.handshake.decrypt(new Uint8Array(data.buffer, from, length), into));
        at = end;
      }
    } catch (cause) {
      noise.abort(asError(cause));
      return;
    }
    if (at < data.byteLength) usual(at === 0 ? data : data.subarray(at));
  };
}

/** Behind the message that begins at `at`; 0: it is not there whole, or is none. */
function noiseMessageEnd(data: Uint8Array, at: number): number {
  if (data.byteLength - at < NOISE_LENGTH_BYTES) return 0;
  const length = data[at]! * 256 + data[at + 1]!;
  const end = at + NOISE_LENGTH_BYTES + length;
  return length < NOISE_TAG_BYTES || end > data.byteLength ? 0 : end;
}

/** As the listeners of the check and of the muxer do. */
function receiveFrames(noise: Noise, muxer: Muxer, check: (bytes: Uint8Array) => void): void {
  const usual = noise.onData.bind(noise);
  noise.onData = (data) => {
    if (!(data instanceof Uint8Array) || muxer.decoder.buffer.byteLength > 0 || !receives(noise, 2))
      return usual(data);
    try {
      check(data);
      let at = 0;
      for (let end = frameEnd(data, at); end > 0; end = frameEnd(data, at)) {
        takeFrame(muxer, data, at, end);
        at = end;
      }
      if (at < data.byteLength) muxer.onData(at === 0 ? data : data.subarray(at));
    } catch (cause) {
      muxer.abort(asError(cause));
      noise.abort(asError(cause));
    }
  };
}

/** Behind the frame that begins at `at`; 0: it is not there whole. */
function frameEnd(data: Uint8Array, at: number): number {
  const body = at + HEADER_BYTES;
  if (data.byteLength < body) return 0;
  const end = data[at + 1] === TYPE_DATA ? body + uint32(data, at + 8) : body;
  return end > data.byteLength ? 0 : end;
}

function takeFrame(muxer: Muxer, bytes: Uint8Array, at: number, end: number): void {
  const header: FrameHeader = {
    type: bytes[at + 1]!,
    flag: bytes[at + 2]! * 256 + bytes[at + 3]!,
    streamID: uint32(bytes, at + 4),
    length: uint32(bytes, at + 8),
  };
  if (header.type !== TYPE_DATA || header.streamID === 0) {
    muxer.handleFrame({ header });
    return;
  }
  const body = at + HEADER_BYTES;
  const data = new Uint8Array(bytes.buffer, bytes.byteOffset + body, end - body);
  muxer.handleStreamMessage({ header, data });
}

const uint32 = (bytes: Uint8Array, at: number): number =>
  bytes[at]! * 0x1000000 + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!);

function setUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

function sendEncrypted(noise: Noise): void {
  const raw = noise.stream;
  const usual = noise.send.bind(noise);
  noise.send = (data) => {
    if (data.byteLength > NOISE_TEXT_BYTES_MAX || !sends(noise) || !sends(raw)) return usual(data);
    const text = noise.handshake.encrypt(data);
    const length = Uint8Array.of(text.byteLength >>> 8, text.byteLength);
    const parts = text instanceof Uint8Array ? [length, text] : [length, ...text];
    const { canSendMore } = raw.sendData(parts);
    if (!canSendMore) {
      raw.writableNeedsDrain = true;
      noise.writableNeedsDrain = true;
    }
    return canSendMore;
  };
}

/** A frame and its header in one buffer, which need not be joined to be encrypted. */
function sendFrames(muxer: Muxer): void {
  const usual = muxer.sendFrame.bind(muxer);
  // Streams take it from here when they are made, and none is yet.
  muxer.sendFrame = (header, data) => {
    if (header.type !== TYPE_DATA || data === undefined || data.byteLength > JOINED_BYTES_MAX)
      return usual(header, data);
    const bytes = allocateBytes(HEADER_BYTES + data.byteLength);
    bytes[1] = header.type;
    bytes[2] = header.flag >>> 8;
    bytes[3] = header.flag;
    setUint32(bytes, 4, header.streamID);
    setUint32(bytes, 8, header.length);
    bytes.set(data instanceof Uint8Array ? data : data.subarray(), HEADER_BYTES);
    return muxer.send(bytes);
  };
}

/**
 * Between a stream of @libp2p/yamux and its user. `listener`: its listener to messages, once it is added.
 */
export function shortenReceiving(stream: Stream, listener: (data: Bytes) => void): void {
  if (!isLayer(stream)) return;
  const usual = stream.onData.bind(stream);
  stream.onData = (data) => {
    if (data.byteLength > 0 && receives(stream, 1)) listener(data);
    else usual(data);
  };
}

/** `stream`: an open stream of @libp2p/yamux. */
export function shortenSending(stream: Stream): void {
  if (!isYamux(stream)) return;
  const usual = stream.send.bind(stream);
  stream.send = (data) => {
    const length = data.byteLength;
    if (length === 0 || length > stream.sendWindowCapacity - HEADER_BYTES || !sends(stream))
      return usual(data);
    stream.sendWindowCapacity -= length;
    const header = { type: TYPE_DATA, flag: stream.getSendFlags(), streamID: stream.streamId, length };
    const canSendMore = stream.sendFrame(header, data);
    if (!canSendMore) stream.writableNeedsDrain = true;
    return canSendMore;
  };
}

const asError = (cause: unknown) => (cause instanceof Error ? cause : new Error(String(cause)));
