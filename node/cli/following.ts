// Follows events for the commands: at the next node, behind the last event, whenever a stream ends.
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverSent } from '../../sdk/events.ts';
import { isErrorCode, SeqNodeError } from '../base/errors.ts';
import type { NodeClient } from './node-client.ts';

export interface SentEvent {
  /** `record`, `purged`, `unreadable` or `caught-up`. */
  readonly event: string;
  readonly cursor: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const PAUSE_MS = 300;
const ENDLESS = new AbortController().signal;

/** `caught-up` comes once, over all streams. */
export async function* followEvents(
  client: NodeClient,
  query: Readonly<Record<string, string>>,
): AsyncGenerator<SentEvent, void> {
  const address = `/v1/events?${new URLSearchParams(query)}`;
  let cursor = '';
  let caughtUp = false;
  for (;;) {
    const stream = await client.open(address, cursor === '' ? {} : { 'last-event-id': cursor });
    try {
      for await (const { event, id, data } of serverSent(bodyOf(stream), ENDLESS)) {
        const sent: SentEvent = { event, cursor: id, data: JSON.parse(data) as SentEvent['data'] };
        if (sent.event === 'failed') {
          const error = errorOf(sent.data);
          if (!client.passes(error)) throw error;
          break;
        }
        cursor = sent.cursor;
        if (sent.event === 'caught-up' && caughtUp) continue;
        caughtUp ||= sent.event === 'caught-up';
        yield sent;
      }
    } catch (error) {
      if (error instanceof SeqNodeError) throw error;
    } finally {
      stream.destroy();
    }
    client.next();
    await sleep(PAUSE_MS);
  }
}

/** What `serverSent` reads: it breaks off when nothing comes for too long. */
const bodyOf = (stream: IncomingMessage) => async (until: AbortSignal) => {
  until.addEventListener('abort', () => stream.destroy(), { once: true });
  return Readable.toWeb(stream) as ReadableStream<Uint8Array<ArrayBuffer>>;
};

function errorOf(data: SentEvent['data']): SeqNodeError {
  const { code, message, details } = data.error as { code: string; message: string; details: object };
  return new SeqNodeError(isErrorCode(code) ? code : 'internal', message, { ...details });
}
