// Follows what happens to actors, over all nodes: a stream that ends, whatever the reason, goes on at another
// node behind the last event that was given.
import { readError, SeqNodeError } from './errors.ts';
import type { Nodes } from './nodes.ts';
import { pause } from './persist.ts';
import type { ActorEvent, FollowOptions, JournalRecord } from './types.ts';
import type { Value } from './values.ts';

/** Nodes say every ten seconds that they are there. */
const SILENCE_MS = 30_000;
const PAUSE_MS = 200;

/** What following asks of its client. */
export interface FollowClient {
  readonly nodes: Nodes;
  /** For how long no node may serve. */
  readonly timeoutMs: number;
  value<T extends Value | null>(json: T): T;
}

export interface ServerSent {
  event: string;
  id: string;
  data: string;
}

export async function* follow(
  client: FollowClient,
  { prefix, actor, from }: FollowOptions,
  signal: AbortSignal,
): AsyncGenerator<ActorEvent, void> {
  const query = new URLSearchParams({
    ...(prefix && { prefix }),
    ...(actor && { actor }),
    ...(from && { from }),
  });
  const address = `/v1/events?${query}`;
  const { nodes, timeoutMs } = client;
  let cursor = '';
  let caughtUp = false;
  let failingSince: number | undefined;
  for (;;) {
    const node = nodes.current();
    const open = async (until: AbortSignal) => {
      const response = await nodes.open(
        node,
        address,
        cursor === '' ? {} : { 'last-event-id': cursor },
        until,
      );
      failingSince = undefined;
      return response.body!;
    };
    try {
      for await (const sent of serverSent(open, signal)) {
        if (sent.event === 'failed') throw readError(JSON.parse(sent.data));
        cursor = sent.id;
        if (sent.event === 'caught-up' && caughtUp) continue;
        caughtUp ||= sent.event === 'caught-up';
        const event = eventOf(client, sent);
        if (event !== undefined) yield event;
      }
    } catch (error) {
      signal.throwIfAborted();
      const now = performance.now();
      failingSince ??= now;
      if (!(error instanceof SeqNodeError && error.retryable) || now - failingSince > timeoutMs) throw error;
    }
    nodes.avoid(node);
    await pause(PAUSE_MS * (0.5 + Math.random()), signal);
  }
}

/** Undefined for a kind of event that a newer node knows. */
function eventOf(client: FollowClient, { event, id: cursor, data }: ServerSent): ActorEvent | undefined {
  const { path, ...rest } = JSON.parse(data) as { path: string; sequence: number };
  if (event === 'caught-up') return { type: event, cursor };
  if (event === 'purged') return { type: event, path, cursor };
  if (event === 'unreadable') return { type: event, path, sequence: rest.sequence, cursor };
  if (event !== 'record') return undefined;
  const record = rest as unknown as JournalRecord;
  const { message, events, reply } = record;
  return {
    type: event,
    path,
    record: {
      ...record,
      message: client.value(message),
      events: events.map((each) => client.value(each)),
      reply: client.value(reply),
    },
    cursor,
  };
}

/**
 * The events of a stream, which ends when `until` aborts. Rejects with `unreachable` when it breaks, or is
 * silent for too long.
 */
export async function* serverSent(
  open: (until: AbortSignal) => Promise<ReadableStream<Uint8Array<ArrayBuffer>>>,
  signal: AbortSignal,
): AsyncGenerator<ServerSent, void> {
  const silent = new AbortController();
  const until = AbortSignal.any([signal, silent.signal]);
  const wait = () => setTimeout(() => silent.abort(), SILENCE_MS);
  let timer = wait();
  try {
    const reader = (await open(until)).pipeThrough(new TextDecoderStream()).getReader();
    try {
      for (let text = ''; ; ) {
        const { value, done } = await reader.read();
        if (done) return;
        clearTimeout(timer);
        text += value;
        const messages = text.split('\n\n');
        text = messages.pop()!;
        for (const message of messages) {
          const fields = fieldsOf(message);
          if (fields.event !== '') yield fields;
        }
        timer = wait();
      }
    } finally {
      reader.cancel().catch(() => {});
    }
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof SeqNodeError) throw cause;
    throw new SeqNodeError('unreachable', { message: 'The event stream broke.', cause });
  } finally {
    clearTimeout(timer);
    silent.abort();
  }
}

function fieldsOf(message: string): ServerSent {
  const fields = { event: '', id: '', data: '' };
  for (const line of message.split('\n')) {
    const [, name, value] = /^(event|id|data): (.*)$/.exec(line) ?? [];
    if (name !== undefined) fields[name as keyof ServerSent] = value!;
  }
  return fields;
}
