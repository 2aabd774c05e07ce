import type { TimerView } from '../../host/api.ts';
import type { Command } from '../command.ts';
import { listFlags, listRows, remarkMore } from '../listing.ts';
import { ACTOR_ARGUMENT } from '../messaging.ts';
import { actorAddress, CLIENT_FLAGS, JSON_FLAG, NodeClient } from '../node-client.ts';
import { notationOf, printJson, printTable, timeText } from '../output.ts';

type Timer = Omit<TimerView, 'message'> & { readonly message: unknown };

export const timers: Command = {
  name: 'timers',
  summary: 'List the pending timers of an actor.',
  arguments: [ACTOR_ARGUMENT],
  flags: [...listFlags('ID', 'Begin after this one.'), JSON_FLAG, ...CLIENT_FLAGS],
  examples: [['timers /user/cart/ann', 'By id: when each is due, how often, to whom, and its message.']],
  async run(context, input) {
    const [path = ''] = input.arguments;
    const client = new NodeClient(context, input);
    const listed = await listRows<Timer>(client, input, actorAddress(path, 'timers'), 'timers');
    const { rows, next } = listed;
    if (input.boolean('json')) printJson(context, { path, timers: rows, next });
    else
      printTable(
        context,
        ['ID', 'DUE', 'EVERY', 'TO', 'MESSAGE'],
        rows.map(({ id, dueMillis, every, to, message }) => [
          id,
          timeText(dueMillis),
          every === null ? 'once' : `${every.periodMs} ms`,
          to,
          notationOf(message),
        ]),
      );
    remarkMore(context, listed);
    return 0;
  },
};
