// Questions in SQL.
import { QUERY_ROWS_MAX, query, SQL_LENGTH_MAX, SQL_PARAMETERS_MAX } from '../query.ts';
import type { Row } from './row.ts';
import { about, answer, body, flag, integer, list, text } from './schema.ts';
import { json, READ, TIMEOUT } from './shared.ts';

export const QUERY_ROWS: readonly Row[] = [
  {
    method: 'POST',
    address: '/v1/query',
    route: 'query',
    handler: query,
    about: 'Asks a question in SQL of what the journals hold: see docs/OPERATIONS.md',
    query: [TIMEOUT],
    body: {
      schema: body(
        { sql: about('One SELECT', text({ minLength: 1, maxLength: SQL_LENGTH_MAX })) },
        {
          parameters: about(
            'For its question marks, in order',
            list({ type: ['string', 'number', 'boolean', 'null'] }, { maxItems: SQL_PARAMETERS_MAX }),
          ),
          limit: integer(1, QUERY_ROWS_MAX),
        },
      ),
      required: true,
      example: { sql: 'SELECT actor, sequence FROM actors WHERE lifecycle = ?', parameters: ['failed'] },
    },
    results: {
      200: json(
        'Its rows; Ints beyond 2^53 and bytes as {"$int": "…"} and {"$bytes": "hex"}',
        answer({ columns: list(text()), rows: list(list({})), more: about('It was cut off', flag) }),
      ),
    },
    codes: [...READ, 'bad-query', 'query-too-long', 'no-projection'],
  },
];
