import type { ActorRow } from '../../host/api.ts';
import type { Command } from '../command.ts';
import { CLIENT_FLAGS, JSON_FLAG, NodeClient } from '../node-client.ts';
import { printJson, printTable, remark, timeText } from '../output.ts';

const ROWS_DEFAULT = 1000;
const PAGE = 1000;

export const actors: Command = {
  name: 'actors',
  summary: 'List the actors of the cluster, in the order of their paths.',
  arguments: [{ name: 'PREFIX', doc: 'Only paths that begin so. Default: all.', required: false }],
  flags: [
    {
      name: 'limit',
      type: 'integer',
      value: 'N',
      least: 1,
      most: 1_000_000,
      doc: `At most so many. Default: ${ROWS_DEFAULT}.`,
    },
    { name: 'after', type: 'text', value: 'PATH', doc: 'Begin after this path.' },
    JSON_FLAG,
    ...CLIENT_FLAGS,
  ],
  examples: [
    ['actors', 'All actors.'],
    ['actors /user/accounts/ --json', 'The accounts, for a program.'],
  ],
  async run(context, input) {
    const client = new NodeClient(context, input);
    const limit = input.integer('limit') ?? ROWS_DEFAULT;
    const rows: ActorRow[] = [];
    let after: string | null = input.text('after') ?? null;
    do {
      const query = new URLSearchParams({
        prefix: input.arguments[0] ?? '/',
        limit: String(Math.min(PAGE, limit - rows.length)),
      });
      if (after !== null) query.set('after', after);
      const page = (await client.call({
        method: 'GET',
        confirmed: true,
        address: `/v1/actors?${query}`,
      })) as {
        readonly actors: readonly ActorRow[];
        readonly next: string | null;
      };
      rows.push(...page.actors);
      after = page.next;
    } while (after !== null && rows.length < limit);
    if (input.boolean('json')) printJson(context, { actors: rows, next: after });
    else
      printTable(
        context,
        ['PATH', 'SEQUENCE', 'LIFECYCLE', 'SINCE', 'SHARD', 'NODE'],
        rows.map(({ path, sequence, lifecycle, since, shard, nodeName }) => {
          const from = since === null ? '' : timeText(since);
          return [path, String(sequence), lifecycle, from, String(shard), nodeName];
        }),
      );
    if (after !== null) remark(context, `seq-node: there are more; go on with --after ${after}`);
    return 0;
  },
};
