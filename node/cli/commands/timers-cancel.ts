import type { Command } from '../command.ts';
import { ACTOR_ARGUMENT } from '../messaging.ts';
import { actorAddress, CLIENT_FLAGS, JSON_FLAG, NodeClient } from '../node-client.ts';
import { printJson, printLine } from '../output.ts';

export const timersCancel: Command = {
  name: 'timers cancel',
  summary: 'Cancel a timer of an actor.',
  arguments: [ACTOR_ARGUMENT, { name: 'ID', doc: 'The timer, as seq-node timers lists it.', required: true }],
  flags: [JSON_FLAG, ...CLIENT_FLAGS],
  examples: [['timers cancel /user/cart/ann 1x2y-3z-1', 'Its message may be under way already.']],
  async run(context, input) {
    const [path = '', id = ''] = input.arguments;
    const client = new NodeClient(context, input);
    const address = `${actorAddress(path, 'timers')}?${new URLSearchParams({ id })}`;
    const answer = await client.call({ method: 'DELETE', address });
    if (input.boolean('json')) printJson(context, answer);
    else if ((answer as { cancelled: boolean }).cancelled) printLine(context, `cancelled ${id}`);
    else printLine(context, `${id} was gone already`);
    return 0;
  },
};
