// Follows events for the commands: at the next node, behind the last event, whenever a stream ends.
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrorCode, SeqNodeError } from '../base/errors.ts';
import type { NodeClient } from './node-client.ts';

export interface SentEvent {
  /** `record`, `purged`, `unreadable` or `caught-up`. */
  readonly event: string;
  readonly cursor: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const PAUSE_MS = 300;

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
      for await (const sent of eventsIn(
        createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }),
      )) {
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

async function* eventsIn(lines: AsyncIterable<string>): AsyncGenerator<SentEvent, void> {
  let [event, cursor, data] = ['', '', ''];
  for await (const line of lines) {
    const [, name, value = ''] = /^(event|id|data): (.*)$/.exec(line) ?? [];
    if (name === 'event') event = value;
    else if (name === 'id') cursor = value;
    else if (name === 'data') data = value;
    else if (line === '' && event !== '') {
      yield { event, cursor, data: JSON.parse(data) as SentEvent['data'] };
      [event, cursor, data] = ['', '', ''];
    }
  }
}

function errorOf(data: SentEvent['data']): SeqNodeError {
  const { code, message, details } = data.error as { code: string; message: string; details: object };
  return new SeqNodeError(isErrorCode(code) ? code : 'internal', message, { ...details });
}
