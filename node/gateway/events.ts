// The endpoint of event streams.
import type { Handler } from './endpoints.ts';
import { bad, readQuery } from './request.ts';

/** What a browser sends when it opens a stream anew wins over the address, which it keeps. */
export const events: Handler = async ({ api, eventStreams }, request) => {
  const query = readQuery(request.query, ['prefix', 'actor', 'from']);
  const { prefix = '/', actor } = query;
  if (actor !== undefined && query.prefix !== undefined)
    throw bad('A stream is of one actor, or of all below a prefix; prefix and actor exclude each other.');
  const last = request.headers['last-event-id'];
  const from = typeof last === 'string' && last !== '' ? last : (query.from ?? '');
  const options = { prefix: actor ?? prefix, exact: actor !== undefined, from: from || 'beginning' };
  const feed = api.events(options);
  const head = {
    status: 200,
    type: 'text/event-stream',
    body: '',
    headers: ['cache-control', 'no-store'],
  } as const;
  if (request.method === 'HEAD') {
    feed.close();
    return head;
  }
  try {
    eventStreams.checkRoom();
  } catch (error) {
    feed.close();
    throw error;
  }
  return { ...head, feed };
};
