// What an actor does in this moment, and what it printed.
import { jsonAnswer } from './answer.ts';
import type { Handler } from './endpoints.ts';
import { readTimeout } from './message-request.ts';
import { readQuery } from './request.ts';
import { journalRowJson } from './views.ts';

export const why: Handler = async ({ api }, request, path) => {
  const { chain, records } = await api.why(path, readTimeout(readQuery(request.query, ['timeoutMs'])));
  return jsonAnswer(200, JSON.stringify({ chain, records: records.map(journalRowJson) }));
};

export const logs: Handler = async ({ api }, request, path) => {
  const query = readQuery(request.query, ['after', 'timeoutMs']);
  const after = query.after === undefined ? {} : { after: query.after };
  const { lines, next, nodeName } = await api.logs(path, { ...after, ...readTimeout(query) });
  const shown = lines.map(({ atMillis, text }) => ({ atMillis, text }));
  return jsonAnswer(200, JSON.stringify({ path, lines: shown, next, nodeName }));
};
