import type { TimerView } from '../../host/api.ts';
import type { Command } from '../command.ts';
import { ACTOR_ARGUMENT } from '../messaging.ts';
import { actorAddress, CLIENT_FLAGS, JSON_FLAG, NodeClient } from '../node-client.ts';
import { notationOf, printJson, printTable, remark, timeText } from '../output.ts';

const ROWS_DEFAULT = 1000;
const PAGE = 1000;

type Timer = Omit<TimerView, 'message'> & { readonly message: unknown };

export const timers: Command = {
  name: 'timers',
  summary: 'List the pending timers of an actor.',
  arguments: [ACTOR_ARGUMENT],
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
  examples: [['timers /user/cart/ann', 'By id: when each is due, how often, to whom, and its message.']],
  async run(context, input) {
    const [path = ''] = input.arguments;
    const client = new NodeClient(context, input);
    const limit = input.integer('limit') ?? ROWS_DEFAULT;
    const found: Timer[] = [];
    let after: string | null = input.text('after') ?? null;
    do {
      const query = new URLSearchParams({ limit: String(Math.min(PAGE, limit - found.length)) });
      if (after !== null) query.set('after', after);
      const address = `${actorAddress(path, 'timers')}?${query}`;
      const page = (await client.call({ method: 'GET', confirmed: true, address })) as {
        readonly timers: readonly Timer[];
        readonly next: string | null;
      };
      found.push(...page.timers);
      after = page.next;
    } while (after !== null && found.length < limit);
    if (input.boolean('json')) printJson(context, { path, timers: found, next: after });
    else
      printTable(
        context,
        ['ID', 'DUE', 'EVERY', 'TO', 'MESSAGE'],
        found.map(({ id, dueMillis, every, to, message }) => [
          id,
          timeText(dueMillis),
          every === null ? 'once' : `${every.periodMs} ms`,
          to,
          notationOf(message),
        ]),
      );
    if (after !== null) remark(context, `seq-node: there are more; go on with --after ${after}`);
    return 0;
  },
};
