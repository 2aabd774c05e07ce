// Asking a member of a cluster for admission: one request and one answer on a stream of its own, each framed
// as on a lane.
import type { Connection, Libp2p, Stream, StreamMessageEvent } from '@libp2p/interface';
import { SeqNodeError } from '../../base/errors.ts';
import { type NodeId, nodeId } from '../../base/ids.ts';
import { toMultiaddr } from './address.ts';
import { FrameReader, packFrames } from './frames.ts';
import { createIdentity } from './identity.ts';
import { createLibp2pNode } from './libp2p-node.ts';
import { JOIN_PROTOCOL, TRANSPORT_LIMITS } from './limits.ts';

export interface JoinRequest {
  /** The identity to be admitted; default: a throw-away one. */
  readonly privateKey?: Uint8Array;
  /** `HOST:PORT` of a member. */
  readonly address: string;
  /** Whether a node may answer. Whoever else listens at the address gets no payload. Default: anyone may. */
  readonly isExpected?: (node: NodeId) => boolean;
  readonly payload: Uint8Array;
  readonly timeoutMs: number;
}

/**
 * Dials the member, sends the payload, and waits for its answer. Rejects with `unreachable` when nobody
 * answers in time, when (with the detail `unexpected`) somebody else does, or when the member hangs up (with
 * the detail `hungUp`), as one does that expects no guests, and one that ends just then; with `too-large`
 * when the payload is over the limit, `bad-config` when the address is malformed.
 */
export async function requestJoin(
  request: JoinRequest,
): Promise<{ readonly from: NodeId; readonly reply: Uint8Array }> {
  const address = toMultiaddr(request.address);
  const bytesMax = TRANSPORT_LIMITS.joinBytesMax;
  if (request.payload.byteLength === 0 || request.payload.byteLength > bytesMax)
    throw new SeqNodeError('too-large', `A join request has 1 to ${bytesMax} bytes.`);
  const signal = AbortSignal.timeout(request.timeoutMs);
  const libp2p = await createLibp2pNode({
    privateKey: request.privateKey ?? createIdentity().privateKey,
    listen: undefined,
    announce: undefined,
    bootstrap: [],
    found: undefined,
    gater: { denyInboundConnection: () => true },
    limits: TRANSPORT_LIMITS,
  });
  await libp2p.start();
  try {
    const connection = await dial(libp2p, address, request.address, signal);
    const from = nodeId(connection.remotePeer.toString());
    if (request.isExpected?.(from) === false)
      throw new SeqNodeError(
        'unreachable',
        `The node at ${request.address} is none of the members that are known here, so it is told nothing.`,
        { unexpected: true },
      );
    return { from, reply: await exchange(connection, request, signal) };
  } finally {
    await libp2p.stop();
  }
}

async function dial(
  libp2p: Libp2p,
  address: ReturnType<typeof toMultiaddr>,
  text: string,
  signal: AbortSignal,
): Promise<Connection> {
  try {
    return await libp2p.dial(address, { signal });
  } catch (cause) {
    const why = reason(cause).replace(`connection error ${text}: `, '');
    throw new SeqNodeError('unreachable', `No node answers at ${text}, an address for other nodes: ${why}.`, {
      address: text,
    });
  }
}

async function exchange(
  connection: Connection,
  request: JoinRequest,
  signal: AbortSignal,
): Promise<Uint8Array> {
  try {
    const stream = await connection.newStream(JOIN_PROTOCOL, { signal });
    const reply = readOne(stream, TRANSPORT_LIMITS.joinBytesMax, signal);
    packFrames([request.payload], (bytes) => stream.send(bytes));
    return await reply;
  } catch (cause) {
    if (signal.aborted)
      throw new SeqNodeError('unreachable', `The node at ${request.address} did not answer in time.`);
    const message = `The node at ${request.address} hung up: ${reason(cause)}.`;
    throw new SeqNodeError('unreachable', message, { hungUp: true });
  }
}

/** Answers one request on `stream`. Never rejects; whatever goes wrong ends the stream. */
export async function answerJoin(
  stream: Stream,
  answer: (payload: Uint8Array) => Promise<Uint8Array>,
  limits: { readonly joinBytesMax: number; readonly guestTimeoutMs: number },
): Promise<void> {
  try {
    const signal = AbortSignal.timeout(limits.guestTimeoutMs);
    const payload = await readOne(stream, limits.joinBytesMax, signal);
    const reply = await answer(payload.slice());
    if (reply.byteLength === 0 || reply.byteLength > limits.joinBytesMax)
      throw new RangeError(`a join answer of ${reply.byteLength} bytes`);
    packFrames([reply], (bytes) => stream.send(bytes));
    await stream.close({ signal });
  } catch (cause) {
    stream.abort(cause instanceof Error ? cause : new Error(String(cause)));
  }
}

/**
 * The first frame of a stream. Rejects when the stream ends before, breaks the framing, or `signal` fires.
 */
function readOne(stream: Stream, bytesMax: number, signal: AbortSignal): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const reader = new FrameReader(bytesMax);
  const onMessage = ({ data }: StreamMessageEvent) => {
    const frames: Uint8Array[] = [];
    try {
      for (const part of data instanceof Uint8Array ? [data] : data) reader.read(part, frames);
    } catch (cause) {
      reject(cause);
    }
    if (frames[0] !== undefined) resolve(frames[0]);
  };
  const onEnd = () => reject(new Error('the stream ended'));
  const onAbort = () => reject(new Error('time is up'));
  stream.addEventListener('message', onMessage);
  stream.addEventListener('close', onEnd);
  stream.addEventListener('remoteCloseWrite', onEnd);
  signal.addEventListener('abort', onAbort);
  if (stream.status !== 'open') onEnd();
  if (signal.aborted) onAbort();
  return promise.finally(() => {
    stream.removeEventListener('message', onMessage);
    stream.removeEventListener('close', onEnd);
    stream.removeEventListener('remoteCloseWrite', onEnd);
    signal.removeEventListener('abort', onAbort);
  });
}

const reason = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));
