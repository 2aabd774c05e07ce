// What an actor does in this moment.
import { jsonAnswer } from './answer.ts';
import type { Handler } from './endpoints.ts';
import { readTimeout } from './message-request.ts';
import { readQuery } from './request.ts';
import { journalRowJson } from './views.ts';

export const why: Handler = async ({ api }, request, path) => {
  const { chain, records } = await api.why(path, readTimeout(readQuery(request.query, ['timeoutMs'])));
  return jsonAnswer(200, JSON.stringify({ chain, records: records.map(journalRowJson) }));
};
