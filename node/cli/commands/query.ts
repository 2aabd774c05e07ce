import type { Command } from '../command.ts';
import { CLIENT_FLAGS, JSON_FLAG, NodeClient } from '../node-client.ts';
import { printable, printJson, printTable, remark } from '../output.ts';

interface Answer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  readonly more: boolean;
}

export const query: Command = {
  name: 'query',
  summary: 'Ask a question in SQL of what the journals hold.',
  arguments: [{ name: 'SQL', doc: 'One SELECT; for the tables see docs/OPERATIONS.md.', required: true }],
  flags: [
    {
      name: 'limit',
      type: 'integer',
      value: 'N',
      least: 1,
      most: 1_000_000,
      doc: 'At most so many rows. Default: as the node is configured.',
    },
    JSON_FLAG,
    ...CLIENT_FLAGS,
  ],
  examples: [
    [
      "query 'SELECT actor, count(*) FROM records GROUP BY actor ORDER BY 2 DESC LIMIT 10'",
      'The actors with the most records.',
    ],
    ["query 'SELECT * FROM lag'", 'How far behind the tables are.'],
  ],
  async run(context, input) {
    const [sql] = input.arguments;
    const limit = input.integer('limit');
    const client = new NodeClient(context, input);
    const answer = (await client.call({
      method: 'POST',
      confirmed: true,
      address: '/v1/query',
      body: { sql, ...(limit !== undefined && { limit }) },
    })) as Answer;
    if (input.boolean('json')) printJson(context, answer);
    else
      printTable(
        context,
        answer.columns,
        answer.rows.map((row) => row.map(cellText)),
      );
    if (answer.more) remark(context, 'seq-node: there are more rows; ask for more with --limit, or for less');
    return 0;
  },
};

function cellText(value: unknown): string {
  if (value === null) return '';
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}
