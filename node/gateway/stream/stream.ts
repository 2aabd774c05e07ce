// A connection that carries many messages and asks at once: a WebSocket, on which the client sends items and
// gets the outcome of each as soon as it is there, in whatever order that is.
//
// 1. Each item that was read has one outcome, with the item's own `ref`; what cannot be read has one with the
//    `ref` null.
// 2. Of one stream a bounded number of items is under way, and a bounded number of bytes waits to be sent:
//    above either nothing more is read, so that TCP holds the client back. Nothing is refused for that.
// 3. Outcomes that are there together leave in one message.
// 4. A client that says nothing for two periods, not even that it is there, is hung up on.
import type { Duplex } from 'node:stream';
import { SeqNodeError } from '../../base/errors.ts';
import { errorBody } from '../answer.ts';
import { type ExchangeContext, exchangeOne } from '../exchanging.ts';
import { readItem, STREAM_ITEM } from '../message-request.ts';
import { bad, checkInteger, parseJson } from '../request.ts';
import {
  CLOSE,
  ClientFrames,
  closeFrame,
  type Incoming,
  pingFrame,
  pongFrame,
  StreamError,
  textFrame,
} from './frames.ts';

export interface StreamLimits {
  /** Of one message. */
  readonly bodyBytesMax: number;
  /** Items of one message. */
  readonly batchItemsMax: number;
  /** How long a stream may be silent before its client is asked whether it is there; 0: for ever. */
  readonly keepAliveMs: number;
}

/** Enough to keep three nodes busy, by the bench; a message that was read is taken whole. */
export const STREAM_ITEMS_MAX = 1024;
/** Bytes of outcomes that wait for the client to read them. */
export const STREAM_UNREAD_BYTES_MAX = 1024 * 1024;
/** For the client to read the last outcomes and hang up. */
const LINGER_MS = 1000;

export class ItemStream {
  readonly #socket: Duplex;
  readonly #context: ExchangeContext;
  readonly #limits: StreamLimits;
  readonly #frames: ClientFrames;
  readonly #timer: NodeJS.Timeout | undefined;
  #underWay = 0;
  /** Outcomes that wait for the end of this turn of the event loop, as JSON. */
  #outcomes: string[] = [];
  #held = false;
  #heard = true;
  #finishing = false;
  #closed = false;

  constructor(socket: Duplex, context: ExchangeContext, limits: StreamLimits) {
    this.#socket = socket;
    this.#context = context;
    this.#limits = limits;
    this.#frames = new ClientFrames(limits.bodyBytesMax);
    if (limits.keepAliveMs > 0) this.#timer = setInterval(() => this.#askWhetherThere(), limits.keepAliveMs);
    this.#timer?.unref();
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('drain', () => this.#goOn());
    socket.on('end', () => this.#hangUp());
    socket.on('error', () => this.#hangUp());
    socket.on('close', () => this.#ended());
  }

  /** Takes no more items, and closes once those under way have their outcomes. */
  finish(): void {
    this.#finishing = true;
    if (this.#underWay === 0) this.#close(CLOSE.goingAway, 'The node stops.');
  }

  #read(chunk: Buffer): void {
    if (this.#closed) return;
    this.#heard = true;
    try {
      this.#frames.read(chunk, (incoming) => this.#take(incoming));
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      this.#close(error.code, error.message);
    }
    this.#holdBack();
  }

  /** Returns whether more may follow. */
  #take(incoming: Incoming): boolean {
    if (incoming.kind === 'text') this.#message(incoming.text);
    else if (incoming.kind === 'ping') this.#write(pongFrame(incoming.payload));
    else if (incoming.kind === 'close') this.#close(CLOSE.normal, '');
    return !this.#closed;
  }

  #message(text: string): void {
    let items: readonly unknown[];
    try {
      items = this.#itemsOf(text);
    } catch (error) {
      this.#answer(`{"ref":null,${JSON.stringify(errorBody(this.#context.toError(error))).slice(1)}`);
      return;
    }
    for (const item of items) this.#item(item);
  }

  /** Throws `bad-request`. */
  #itemsOf(text: string): readonly unknown[] {
    const json = parseJson({ body: text, headers: {} });
    if (!Array.isArray(json)) return [json];
    const limit = this.#limits.batchItemsMax;
    if (json.length > limit) throw bad(`A message of a stream holds at most ${limit} items.`, { limit });
    return json;
  }

  #item(json: unknown): void {
    let ref: number | null = null;
    this.#underWay++;
    exchangeOne(
      this.#context,
      () => {
        ref = refOf(json);
        if (this.#finishing) throw new SeqNodeError('stopping');
        return readItem(json, STREAM_ITEM);
      },
      (outcome) => {
        this.#underWay--;
        this.#answer(`{"ref":${ref},${outcome.slice(1)}`);
        if (this.#finishing && this.#underWay === 0) queueMicrotask(() => this.finish());
      },
    );
  }

  #answer(outcome: string): void {
    if (this.#closed) return;
    if (this.#outcomes.length === 0) queueMicrotask(() => this.#flush());
    this.#outcomes.push(outcome);
  }

  #flush(): void {
    const outcomes = this.#outcomes;
    this.#outcomes = [];
    if (outcomes.length > 0) this.#write(textFrame(`[${outcomes.join(',')}]`));
    this.#goOn();
  }

  #write(frame: Buffer): void {
    if (!this.#closed && this.#socket.writable) this.#socket.write(frame);
  }

  #mayRead(): boolean {
    return this.#underWay < STREAM_ITEMS_MAX && this.#socket.writableLength < STREAM_UNREAD_BYTES_MAX;
  }

  #holdBack(): void {
    if (this.#held || this.#closed || this.#mayRead()) return;
    this.#held = true;
    this.#socket.pause();
  }

  #goOn(): void {
    if (!this.#held || this.#closed || !this.#mayRead()) return;
    this.#held = false;
    this.#socket.resume();
  }

  #askWhetherThere(): void {
    // Whoever is held back cannot be heard.
    if (this.#held) return;
    if (!this.#heard) this.#socket.destroy();
    this.#heard = false;
    this.#write(pingFrame());
  }

  #close(code: number, reason: string): void {
    if (this.#closed) return;
    this.#flush();
    this.#write(closeFrame(code, reason));
    this.#hangUp();
  }

  /** Sends what is written, and gives the client a moment to read it. */
  #hangUp(): void {
    this.#closed = true;
    this.#socket.end();
    // What still comes is dropped, or the client would be reset before it has read the outcomes.
    this.#socket.resume();
    setTimeout(() => this.#socket.destroy(), LINGER_MS).unref();
  }

  #ended(): void {
    this.#closed = true;
    this.#outcomes = [];
    clearInterval(this.#timer);
  }
}

/** What the client calls an item. Throws `bad-request`. */
function refOf(json: unknown): number {
  const ref = typeof json === 'object' && json !== null ? (json as { ref?: unknown }).ref : undefined;
  return checkInteger('ref', ref, 0, Number.MAX_SAFE_INTEGER);
}
