// A connection that carries many messages and asks at once: a WebSocket, on which the client sends items and
// gets the outcome of each as soon as it is there, in whatever order that is.
//
// 1. Each item that was read has one outcome, with the item's own `ref`; what cannot be read has one with the
//    `ref` null.
// 2. Of one stream a bounded number of items is under way, and a bounded number of bytes waits to be sent:
//    above either nothing more is read, so that TCP holds the client back. Nothing is refused for that.
// 3. Outcomes that are there together leave in one message.
// 4. A client that says nothing for two periods, not even that it is there, is hung up on; so is one that is
//    held back by outcomes of which it reads nothing in that time.
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { SeqNodeError } from '../../base/errors.ts';
import { errorBody } from '../answer.ts';
import { type ExchangeContext, exchangeOne } from '../exchanging.ts';
import { readItem, STREAM_ITEM } from '../message-request.ts';
import { bad, checkInteger, parseJson } from '../request.ts';
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

/** Close codes of RFC 6455, section 7.4.1. */
const GOING_AWAY = 1001;
const UNSUPPORTED = 1003;

export class ItemStream {
  readonly #web: WebSocket;
  readonly #socket: Socket;
  readonly #context: ExchangeContext;
  readonly #limits: StreamLimits;
  readonly #timer: NodeJS.Timeout | undefined;
  #underWay = 0;
  /** Outcomes that wait for the end of this turn of the event loop, as JSON. */
  #outcomes: string[] = [];
  #held = false;
  /** Bytes of the client when it was last asked whether it is there. */
  #heard = -1;
  /** Bytes that waited for the client when it was last looked, where it was held back. */
  #unread = 0;
  #finishing = false;

  /** `socket` is the one below `web`. */
  constructor(web: WebSocket, socket: Socket, context: ExchangeContext, limits: StreamLimits) {
    this.#web = web;
    this.#socket = socket;
    this.#context = context;
    this.#limits = limits;
    if (limits.keepAliveMs > 0) this.#timer = setInterval(() => this.#askWhetherThere(), limits.keepAliveMs);
    this.#timer?.unref();
    web.on('message', (data, isBinary) => this.#read(data as Buffer, isBinary));
    // What breaks the protocol: the library closes with the code that the RFC has for it.
    web.on('error', () => this.#linger());
    web.on('close', () => this.#ended());
    socket.on('drain', () => this.#goOn());
  }

  /** Takes no more items, and closes once those under way have their outcomes. */
  finish(): void {
    this.#finishing = true;
    if (this.#underWay === 0) this.#close(GOING_AWAY, 'The node stops.');
  }

  #read(data: Buffer, isBinary: boolean): void {
    if (!this.#isOpen) return;
    if (isBinary) return this.#close(UNSUPPORTED, 'Messages are text.');
    this.#message(data.toString('utf8'));
    this.#holdBack();
  }

  get #isOpen(): boolean {
    return this.#web.readyState === this.#web.OPEN;
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
    if (!this.#isOpen) return;
    if (this.#outcomes.length === 0) queueMicrotask(() => this.#flush());
    this.#outcomes.push(outcome);
  }

  #flush(): void {
    const outcomes = this.#outcomes;
    this.#outcomes = [];
    if (outcomes.length > 0 && this.#isOpen) this.#web.send(`[${outcomes.join(',')}]`);
    this.#goOn();
  }

  #mayRead(): boolean {
    return this.#underWay < STREAM_ITEMS_MAX && this.#web.bufferedAmount < STREAM_UNREAD_BYTES_MAX;
  }

  #holdBack(): void {
    if (this.#held || this.#mayRead()) return;
    this.#held = true;
    this.#web.pause();
  }

  #goOn(): void {
    if (!this.#held || !this.#mayRead()) return;
    this.#held = false;
    this.#web.resume();
  }

  #askWhetherThere(): void {
    if (!this.#isOpen) return;
    // A client that is held back cannot be heard.
    if (this.#held) return this.#askWhetherReading();
    this.#unread = 0;
    const { bytesRead } = this.#socket;
    if (bytesRead === this.#heard) return this.#web.terminate();
    this.#heard = bytesRead;
    this.#web.ping();
  }

  #askWhetherReading(): void {
    const unread = this.#web.bufferedAmount;
    if (unread > 0 && unread === this.#unread) this.#web.terminate();
    this.#unread = unread;
  }

  #close(code: number, reason: string): void {
    if (!this.#isOpen) return;
    this.#flush();
    this.#web.close(code, reason);
    this.#linger();
  }

  /** Gives the client a moment to read what was written, and to close on its side. */
  #linger(): void {
    setTimeout(() => this.#web.terminate(), LINGER_MS).unref();
  }

  #ended(): void {
    this.#outcomes = [];
    clearInterval(this.#timer);
  }
}

/** What the client calls an item. Throws `bad-request`. */
function refOf(json: unknown): number {
  const ref = typeof json === 'object' && json !== null ? (json as { ref?: unknown }).ref : undefined;
  return checkInteger('ref', ref, 0, Number.MAX_SAFE_INTEGER);
}
