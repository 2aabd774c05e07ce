// The addresses of exports and imports. Rows travel as base64 in JSON.
import { jsonAnswer } from './answer.ts';
import type { Handler } from './endpoints.ts';
import {
  bad,
  checkInteger,
  checkObject,
  checkString,
  type GatewayRequest,
  parseJson,
  readQuery,
} from './request.ts';

const INTEGER_MAX = Number.MAX_SAFE_INTEGER;
const ID = /^[\x21-\x7e]{1,128}$/;

const answer = (value: object, status = 200) => jsonAnswer(status, JSON.stringify(value));

export const beginExport: Handler = async ({ api }, request) => {
  readQuery(request.query, []);
  return answer(await api.moves.beginExport(), 201);
};

export const exportRows: Handler = async ({ api }, request, id) => {
  const { shard, from, to } = readQuery(request.query, ['shard', 'from', 'to']);
  const { rows, next } = await api.moves.exportRows(
    idOf(id),
    checkInteger('shard', Number(shard), 1, INTEGER_MAX),
    hexOf('from', from),
    hexOf('to', to),
  );
  return answer({ rows: Buffer.from(rows).toString('base64'), next: next?.toHex() ?? null });
};

export const endExport: Handler = async ({ api }, request, id) => {
  readQuery(request.query, []);
  await api.moves.endExport(idOf(id));
  return answer({ export: id, ended: true });
};

export const moduleText: Handler = async ({ api }, request, hash) => {
  readQuery(request.query, []);
  return answer(await api.moves.moduleText(hash));
};

export const beginImport: Handler = async ({ api, outstanding }, request, id) => {
  readQuery(request.query, []);
  const shards = await outstanding.track(() => api.moves.beginImport(idOf(id)));
  return answer({ import: id, shards }, 201);
};

export const importRows: Handler = async ({ api, outstanding }, request, id) => {
  const body = bodyOf(request, ['shard', 'number', 'rows']);
  const shard = checkInteger('shard', body.shard, 1, INTEGER_MAX);
  const number = checkInteger('number', body.number, 1, INTEGER_MAX);
  const rows = Buffer.from(checkString('rows', body.rows, INTEGER_MAX), 'base64');
  return answer(await outstanding.track(() => api.moves.importRows(idOf(id), shard, number, rows)));
};

export const endImport: Handler = async ({ api, outstanding }, request, id) => {
  const body = bodyOf(request, ['wall', 'sent', 'letters']);
  const counter = (name: string) => checkInteger(name, body[name], 0, INTEGER_MAX);
  const counters = { wall: counter('wall'), sent: counter('sent'), letters: counter('letters') };
  await outstanding.track(() => api.moves.endImport(idOf(id), counters));
  return answer({ import: id, ended: true });
};

export const abandonImport: Handler = async ({ api, outstanding }, request, id) => {
  readQuery(request.query, []);
  await outstanding.track(() => api.moves.abandonImport(idOf(id)));
  return answer({ import: id, abandoned: true });
};

function bodyOf(request: GatewayRequest, fields: readonly string[]): Readonly<Record<string, unknown>> {
  readQuery(request.query, []);
  return checkObject(parseJson(request), 'The body', [...fields]);
}

function idOf(id: string): string {
  if (ID.test(id)) return id;
  throw bad('An id has 1 to 128 printable ASCII characters without spaces.');
}

function hexOf(name: string, text = ''): Uint8Array {
  if (!/^([0-9a-f]{2}){1,2048}$/.test(text))
    throw bad(`${name} must be a key, in hexadecimal.`, { field: name });
  return Uint8Array.fromHex(text);
}
