// The addresses of the timers of an actor.
import { SeqNodeError } from '../base/errors.ts';
import { jsonAnswer } from './answer.ts';
import type { Handler } from './endpoints.ts';
import { readTimeout } from './message-request.ts';
import { readLimit, readQuery } from './request.ts';
import { timerJson } from './views.ts';

export const list: Handler = async ({ api }, request, path) => {
  const query = readQuery(request.query, ['after', 'limit', 'timeoutMs']);
  const limit = readLimit(query.limit);
  const after = query.after === undefined ? {} : { after: query.after };
  const { timers, next } = await api.timers(path, { ...after, limit, ...readTimeout(query) });
  return jsonAnswer(200, JSON.stringify({ path, timers: timers.map(timerJson), next }));
};

export const cancel: Handler = async ({ api, outstanding }, request, path) => {
  const { id } = readQuery(request.query, ['id']);
  if (id === undefined) throw new SeqNodeError('bad-request', 'The query says no id of a timer.');
  const { cancelled } = await outstanding.track(() => api.cancelTimer(path, id));
  return jsonAnswer(200, JSON.stringify({ path, id, cancelled }));
};
