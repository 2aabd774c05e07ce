import type { DeadLetterView } from '../../host/api.ts';
import type { Command } from '../command.ts';
import { CLIENT_FLAGS, JSON_FLAG, NodeClient } from '../node-client.ts';
import { printJson, printTable, remark } from '../output.ts';

const ROWS_DEFAULT = 1000;
const PAGE = 1000;

type Letter = Omit<DeadLetterView, 'message'> & { readonly message: unknown };

export const deadLetters: Command = {
  name: 'dead-letters',
  summary: 'List messages between actors that their receivers refused.',
  arguments: [],
  flags: [
    {
      name: 'limit',
      type: 'integer',
      value: 'N',
      least: 1,
      most: 1_000_000,
      doc: `At most so many. Default: ${ROWS_DEFAULT}.`,
    },
    { name: 'after', type: 'text', value: 'ID', doc: 'Begin after this one.' },
    JSON_FLAG,
    ...CLIENT_FLAGS,
  ],
  examples: [
    ['dead-letters', 'Those of all shards, the oldest of each first.'],
    ['dead-letters --json', 'With their messages, for a program.'],
  ],
  async run(context, input) {
    const client = new NodeClient(context, input);
    const limit = input.integer('limit') ?? ROWS_DEFAULT;
    const letters: Letter[] = [];
    let after: string | null = input.text('after') ?? null;
    do {
      const query = new URLSearchParams({ limit: String(Math.min(PAGE, limit - letters.length)) });
      if (after !== null) query.set('after', after);
      const address = `/v1/dead-letters?${query}`;
      const page = (await client.call({ method: 'GET', confirmed: true, address })) as {
        readonly letters: readonly Letter[];
        readonly next: string | null;
      };
      letters.push(...page.letters);
      after = page.next;
    } while (after !== null && letters.length < limit);
    if (input.boolean('json')) printJson(context, { letters, next: after });
    else
      printTable(
        context,
        ['ID', 'TIME', 'FROM', 'TO', 'KIND', 'REFUSED'],
        letters.map(({ id, atMillis, sender, receiver, kind, code }) => [
          id,
          new Date(atMillis).toISOString(),
          sender,
          receiver,
          kind,
          code,
        ]),
      );
    if (after !== null) remark(context, `seq-node: there are more; go on with --after ${after}`);
    return 0;
  },
};
