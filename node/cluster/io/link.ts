// One connection to a peer with its three lanes: each lane is one libp2p stream, used in both directions.
//
// 1. All frames that are sent within one turn of the event loop leave in one write per lane (but for long
//    frames).
// 2. Frames of a lane arrive in the order in which they were sent, or the link ends.
// 3. Whatever goes wrong on a link ends the link, and nothing else.
// 4. Where the network is the bottleneck, control goes before data and data before bulk.
import type { Connection, Stream, StreamMessageEvent } from '@libp2p/interface';
import { LANES, type Lane } from '../transport-port.ts';
import { flushInTurn } from './flush-turns.ts';
import { FrameReader, FramingError, PULSE, packFrames } from './frames.ts';
import { LANE_PROTOCOLS, type TransportLimits, WINDOW_BYTES } from './limits.ts';
import { shortenReceiving, shortenSending } from './short-cuts.ts';
import { spareWindowUpdates } from './stream-tuning.ts';

/** For a peer to read what is under way and close. */
const FINISH_TIMEOUT_MS = 2_000;

interface OpenLane {
  readonly lane: Lane;
  readonly stream: Stream;
  readonly reader: FrameReader;
  readonly frameBytesMax: number;
  readonly bufferBytesMax: number;
  /** Whether its messages are listened to. */
  heard: boolean;
  queue: Uint8Array[];
  /** Of the queue, and of what the stream had not sent when the first of it came. */
  queueBytes: number;
}

export interface LinkEvents {
  /** All lanes are open; nothing is read before `listen`. */
  lanesOpen(link: Link): void;
  /** The first pulse on the control lane. Frames that came with it follow. */
  accepted(link: Link): void;
  frames(link: Link, lane: Lane, frames: readonly Uint8Array[]): void;
  /** Comes once. `broken`: the peer broke the protocol. */
  closed(link: Link, broken: boolean): void;
}

export class Link {
  readonly connection: Connection;
  readonly dialled: boolean;
  readonly openedAt: number;
  readonly #limits: TransportLimits;
  readonly #events: LinkEvents;
  readonly #lanes = new Map<Lane, OpenLane>();
  #closed = false;
  #broken = false;
  #accepted = false;
  #listening = false;
  #flushScheduled = false;
  #heard = true;
  #lanesEnded = 0;
  #silentMs = 0;
  #sentAgoMs = 0;

  constructor(connection: Connection, limits: TransportLimits, events: LinkEvents, now: number) {
    this.connection = connection;
    this.dialled = connection.direction === 'outbound';
    this.openedAt = now;
    this.#limits = limits;
    this.#events = events;
    connection.addEventListener('close', () => this.#end());
    if (connection.status !== 'open') queueMicrotask(() => this.#end());
  }

  get closed(): boolean {
    return this.#closed;
  }

  get complete(): boolean {
    return this.#lanes.size === LANES.length;
  }

  /** The dialling side opens the lanes. Never rejects: a failure closes the link. */
  async openLanes(): Promise<void> {
    try {
      const signal = AbortSignal.timeout(this.#limits.handshakeTimeoutMs);
      await Promise.all(
        LANES.map(async (lane) => {
          const stream = await this.connection.newStream(LANE_PROTOCOLS[lane], { signal });
          this.attach(lane, stream);
        }),
      );
    } catch (cause) {
      this.close(cause);
    }
  }

  attach(lane: Lane, stream: Stream): void {
    if (this.#closed) {
      stream.abort(new Error('the link is closed'));
      return;
    }
    if (this.#lanes.has(lane)) {
      this.#break(new FramingError(`a second ${lane} lane`));
      return;
    }
    spareWindowUpdates(stream, WINDOW_BYTES);
    shortenSending(stream);
    const frameBytesMax = this.#limits.frameBytesMax[lane];
    this.#lanes.set(lane, {
      lane,
      stream,
      reader: new FrameReader(frameBytesMax),
      frameBytesMax,
      bufferBytesMax: this.#limits.bufferBytesMax[lane],
      heard: false,
      queue: [],
      queueBytes: 0,
    });
    stream.addEventListener('close', () => this.close(new Error('a lane closed')));
    stream.addEventListener('remoteCloseWrite', () => this.#laneEnded());
    if (this.complete) this.#events.lanesOpen(this);
  }

  /** Reads the control lane only, for the pulse with which the other side accepts this link. */
  awaitAcceptance(): void {
    this.#listen(this.#lane('control'));
  }

  /** Reads all lanes. */
  listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    for (const lane of this.#lanes.values()) this.#listen(lane);
  }

  /** Sends a pulse at once. */
  pulse(): void {
    this.#write(this.#lane('control'), PULSE);
  }

  send(name: Lane, frame: Uint8Array): boolean {
    const lane = this.#lanes.get(name);
    const bytes = frame.byteLength;
    if (this.#closed || lane === undefined || bytes === 0 || bytes > lane.frameBytesMax) return false;
    // Until the flush nothing is added to the stream's own buffer, so that it need not be looked at for each
    // frame.
    if (lane.queue.length === 0) lane.queueBytes = lane.stream.writeBufferLength;
    if (lane.queueBytes + bytes > lane.bufferBytesMax) return false;
    lane.queue.push(frame);
    lane.queueBytes += bytes;
    if (!this.#flushScheduled) {
      this.#flushScheduled = true;
      // Whoever sends does so from one task: everything that it sends is in the queue by then.
      flushInTurn(() => this.#flush());
    }
    return true;
  }

  /**
   * To be called every `elapsedMs` or so. Counts calls rather than looking at a clock: after a pause of this
   * very process the peer's bytes are still waiting to be read, and the peer must not be blamed.
   */
  tick(elapsedMs: number): void {
    if (this.#closed || !this.complete) return;
    this.#silentMs = this.#heard ? 0 : this.#silentMs + elapsedMs;
    this.#heard = false;
    this.#sentAgoMs += elapsedMs;
    if (this.#silentMs >= this.#limits.silenceMaxMs) this.close(new Error('the peer is silent'));
    else if (this.#sentAgoMs >= this.#limits.pulseMs) this.pulse();
  }

  /**
   * Sends what is queued, says that nothing follows, and leaves it to the peer to close once it has read all
   * that: closing here would lose what libp2p's lower layers still hold. Never rejects.
   */
  async finish(): Promise<void> {
    this.#flush();
    if (this.#closed) return;
    const signal = AbortSignal.timeout(FINISH_TIMEOUT_MS);
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    this.connection.addEventListener('close', () => resolve());
    signal.addEventListener('abort', () => resolve());
    try {
      await Promise.all([...this.#lanes.values()].map(({ stream }) => stream.close({ signal })));
      await gone;
    } catch {
      // The peer closed first, or does not read.
    }
    this.close(new Error('stopping'));
  }

  /** Closes at once; what is under way is lost. */
  close(cause: unknown): void {
    if (this.#closed) return;
    abortQuietly(this.connection, asError(cause));
    this.#end();
  }

  /** The peer closes: the other lanes may still have something to say. */
  #laneEnded(): void {
    if (++this.#lanesEnded === LANES.length) this.close(new Error('the peer closed'));
    else if (this.#lanesEnded === 1) {
      const timer = setTimeout(() => this.close(new Error('the peer closed')), FINISH_TIMEOUT_MS);
      timer.unref();
      this.connection.addEventListener('close', () => clearTimeout(timer));
    }
  }

  #break(cause: unknown): void {
    this.#broken = true;
    this.close(cause);
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const lane of this.#lanes.values()) {
      lane.queue = [];
      lane.queueBytes = 0;
    }
    this.#events.closed(this, this.#broken);
  }

  #lane(name: Lane): OpenLane {
    const lane = this.#lanes.get(name);
    if (lane === undefined) throw new Error(`the ${name} lane is not open`);
    return lane;
  }

  #listen(lane: OpenLane): void {
    if (lane.heard || lane.stream.status !== 'open') return;
    lane.heard = true;
    const listener = (data: StreamMessageEvent['data']) => this.#onMessage(lane, data);
    lane.stream.addEventListener('message', ({ data }) => listener(data));
    shortenReceiving(lane.stream, listener);
  }

  #onMessage(lane: OpenLane, data: StreamMessageEvent['data']): void {
    if (this.#closed) return;
    this.#heard = true;
    const frames: Uint8Array[] = [];
    let broken: unknown;
    try {
      if (data instanceof Uint8Array) lane.reader.read(data, frames);
      else for (const part of data) lane.reader.read(part, frames);
    } catch (cause) {
      broken = cause;
    }
    if (!this.#accepted && lane.reader.pulses > 0) {
      this.#accepted = true;
      this.#events.accepted(this);
    }
    if (frames.length > 0 && !this.#closed) {
      if (this.#listening) this.#events.frames(this, lane.lane, frames);
      else broken ??= new FramingError('a frame before the pulse of acceptance');
    }
    if (broken !== undefined) this.#break(broken);
  }

  #flush(): void {
    this.#flushScheduled = false;
    if (this.#closed) return;
    // Control first. The muxer serves its streams in the order in which they were opened, which is the same.
    for (const name of LANES) {
      const lane = this.#lanes.get(name);
      if (lane === undefined || lane.queue.length === 0) continue;
      const frames = lane.queue;
      lane.queue = [];
      lane.queueBytes = 0;
      packFrames(frames, (bytes) => this.#write(lane, bytes));
    }
  }

  #write(lane: OpenLane, bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#sentAgoMs = 0;
    try {
      lane.stream.send(bytes);
    } catch (cause) {
      this.close(cause);
    }
  }
}

const asError = (cause: unknown) => (cause instanceof Error ? cause : new Error(String(cause)));

function abortQuietly(connection: Connection, error: Error): void {
  try {
    connection.abort(error);
  } catch {
    // libp2p throws when a layer of it is half closed already; the socket is gone all the same.
  }
}
