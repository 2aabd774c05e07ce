import type { Suspension } from '../../host/api.ts';
import type { Command } from '../command.ts';
import { ACTOR_ARGUMENT, ID_FLAG, onceWithId, takenText } from '../messaging.ts';
import { actorAddress, CLIENT_FLAGS, JSON_FLAG, NodeClient } from '../node-client.ts';
import { printJson, printLine } from '../output.ts';

export const suspend: Command = {
  name: 'suspend',
  summary: 'Let an actor take no messages until it is resumed.',
  arguments: [ACTOR_ARGUMENT],
  flags: [ID_FLAG, JSON_FLAG, ...CLIENT_FLAGS],
  examples: [
    [
      'suspend /user/accounts/alice',
      'Messages of clients are refused, and those of actors wait, until resume.',
    ],
  ],
  async run(context, input) {
    const [path = ''] = input.arguments;
    const address = actorAddress(path, 'suspend');
    const client = new NodeClient(context, input);
    const answer = await onceWithId(input, (id) =>
      client.call({ method: 'POST', address, body: { id, timeoutMs: client.messageTimeoutMs() } }),
    );
    const taken = answer as Suspension;
    if (input.boolean('json')) printJson(context, answer);
    else if (taken.suspended) printLine(context, `suspended ${path} ${takenText(taken)}`);
    else printLine(context, `${path} is suspended already, sequence ${taken.sequence}`);
    return 0;
  },
};
