// Event streams: server-sent events (HTML standard, section 9.2) of what happens to actors.
//
// Invariants
//  V1  Nothing is taken from the node while the connection is behind, so a slow reader holds up only itself.
//  V2  A stream ends with the connection, with the gateway, or after an event `failed`, which says why.
import type { ServerResponse } from 'node:http';
import { SeqNodeError } from '../base/errors.ts';
import type { EventFeed, FollowedEvent } from '../host/api.ts';
import { errorBody } from './answer.ts';
import { journalRowJson } from './views.ts';

export const EVENT_STREAMS_MAX = 256;
/**
 * A comment is sent when nothing else was for so long: proxies and clients learn that the stream is alive.
 */
const HEARTBEAT_MS = 10_000;
/** After which a browser opens a broken stream anew. */
const RETRY_MS = 500;

/** Calls `act` again and again, until what it returns is called. */
export type Every = (periodMs: number, act: () => void) => () => void;

const everyInterval: Every = (periodMs, act) => {
  const timer = setInterval(act, periodMs);
  return () => clearInterval(timer);
};

/** The streams that are open. */
export class EventStreams {
  readonly #feeds = new Set<EventFeed>();
  readonly #every: Every;
  #closed = false;

  constructor(every: Every = everyInterval) {
    this.#every = every;
  }

  get count(): number {
    return this.#feeds.size;
  }

  /** Throws `overloaded`. */
  checkRoom(): void {
    if (this.#feeds.size < EVENT_STREAMS_MAX) return;
    const limit = EVENT_STREAMS_MAX;
    throw new SeqNodeError('overloaded', `${limit} event streams are open at this node already.`, { limit });
  }

  /** Writes what `feed` gives, behind the head, until one of the two ends. `toError`: see EndpointContext. */
  send(response: ServerResponse, feed: EventFeed, toError: (thrown: unknown) => SeqNodeError): void {
    this.#feeds.add(feed);
    if (this.#closed) feed.close();
    let spoke = true;
    const write = (text: string) => {
      spoke = true;
      return response.write(text);
    };
    const endHeartbeat = this.#every(HEARTBEAT_MS, () => {
      if (!spoke && !response.writableNeedDrain) response.write(': still here\n\n');
      spoke = false;
    });
    response.once('close', () => feed.close());
    write(`retry: ${RETRY_MS}\n\n`);
    void pump(response, feed, write)
      .catch((thrown: unknown) =>
        write(`event: failed\ndata: ${JSON.stringify(errorBody(toError(thrown)))}\n\n`),
      )
      .finally(() => {
        endHeartbeat();
        this.#feeds.delete(feed);
        feed.close();
        response.end();
      });
  }

  close(): void {
    this.#closed = true;
    for (const feed of this.#feeds) feed.close();
  }
}

async function pump(
  response: ServerResponse,
  feed: EventFeed,
  write: (text: string) => boolean,
): Promise<void> {
  for (let event = await feed.next(); event !== undefined; event = await feed.next())
    if (!write(eventText(event))) await drained(response);
}

/** Resolves as well when the connection is gone. */
function drained(response: ServerResponse): Promise<void> {
  if (response.destroyed || !response.writableNeedDrain) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.once('drain', done);
    response.once('close', done);
  });
}

function eventText(event: FollowedEvent): string {
  return `event: ${event.kind}\nid: ${event.cursor}\ndata: ${JSON.stringify(dataOf(event))}\n\n`;
}

function dataOf(event: FollowedEvent): object {
  if (event.kind === 'record') return { path: event.path, ...journalRowJson(event.row) };
  if (event.kind === 'caught-up') return {};
  const { kind: _, cursor: __, ...rest } = event;
  return rest;
}
