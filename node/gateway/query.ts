// Questions in SQL.
import type { QueryOptions } from '../host/api.ts';
import { jsonAnswer } from './answer.ts';
import type { Handler } from './endpoints.ts';
import { readTimeout } from './message-request.ts';
import { bad, checkInteger, checkObject, checkString, parseJson, readQuery } from './request.ts';

export const SQL_LENGTH_MAX = 256 * 1024;
export const SQL_PARAMETERS_MAX = 1000;
export const QUERY_ROWS_MAX = 1_000_000;

type Value = NonNullable<QueryOptions['parameters']>[number];

export const query: Handler = async ({ api }, request) => {
  const options = readTimeout(readQuery(request.query, ['timeoutMs']));
  const body = checkObject(parseJson(request), 'The body', ['sql', 'parameters', 'limit']);
  const { columns, rows, more } = await api.query({
    sql: checkString('sql', body.sql, SQL_LENGTH_MAX),
    parameters: readParameters(body.parameters ?? []),
    ...(body.limit !== undefined && { limit: checkInteger('limit', body.limit, 1, QUERY_ROWS_MAX) }),
    ...options,
  });
  return jsonAnswer(200, JSON.stringify({ columns, rows: rows.map((row) => row.map(valueJson)), more }));
};

function readParameters(given: unknown): readonly Value[] {
  if (!Array.isArray(given) || given.length > SQL_PARAMETERS_MAX)
    throw bad(`parameters must be an array of at most ${SQL_PARAMETERS_MAX} values.`, {
      field: 'parameters',
    });
  return given.map((value: unknown) => {
    if (value === null || typeof value === 'string') return value;
    if (typeof value === 'boolean') return value ? 1 : 0;
    if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
    throw bad('A parameter must be a string, a number, true, false or null.', { field: 'parameters' });
  });
}

/** As data is written in JSON: see node/base/json.ts. */
function valueJson(value: string | number | bigint | Uint8Array | null): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : { $int: String(value) };
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : { $float: String(value) };
  return value instanceof Uint8Array ? { $bytes: value.toHex() } : value;
}
