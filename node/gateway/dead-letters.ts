// The addresses of dead letters.
import { type Answer, jsonAnswer } from './answer.ts';
import type { Handler } from './endpoints.ts';
import { readTimeout } from './message-request.ts';
import { readLimit, readQuery } from './request.ts';
import { deadLetterJson } from './views.ts';

export const list: Handler = async ({ api }, request) => {
  const query = readQuery(request.query, ['after', 'limit', 'timeoutMs']);
  const limit = readLimit(query.limit);
  const after = query.after === undefined ? {} : { after: query.after };
  const { letters, next } = await api.deadLetters({ ...after, limit, ...readTimeout(query) });
  return jsonAnswer(200, JSON.stringify({ letters: letters.map(deadLetterJson), next }));
};

export const show: Handler = async ({ api }, request, id) => {
  const options = readTimeout(readQuery(request.query, ['timeoutMs']));
  return jsonAnswer(200, JSON.stringify(deadLetterJson(await api.deadLetter(id, options))));
};

export const replay: Handler = async ({ api, outstanding }, request, id): Promise<Answer> => {
  readQuery(request.query, []);
  const { done } = await outstanding.track(() => api.replayDeadLetter(id));
  return jsonAnswer(200, JSON.stringify({ id, replayed: done }));
};

export const drop: Handler = async ({ api, outstanding }, request, id): Promise<Answer> => {
  readQuery(request.query, []);
  const { done } = await outstanding.track(() => api.dropDeadLetter(id));
  return jsonAnswer(200, JSON.stringify({ id, dropped: done }));
};
