import type { Command } from '../command.ts';
import { ACTOR_ARGUMENT, ID_FLAG, onceWithId, type Taken, takenText } from '../messaging.ts';
import { actorAddress, CLIENT_FLAGS, JSON_FLAG, NodeClient } from '../node-client.ts';
import { printJson, printLine } from '../output.ts';

export const stop: Command = {
  name: 'stop',
  summary: 'Stop an actor; its state and journal are kept.',
  arguments: [ACTOR_ARGUMENT],
  flags: [ID_FLAG, JSON_FLAG, ...CLIENT_FLAGS],
  examples: [['stop /user/accounts/alice', 'It takes no more messages, until it is resumed.']],
  async run(context, input) {
    const [path = ''] = input.arguments;
    const address = actorAddress(path);
    const client = new NodeClient(context, input);
    const answer = await onceWithId(input, (id) =>
      client.call({ method: 'DELETE', address, body: { id, timeoutMs: client.messageTimeoutMs() } }),
    );
    if (input.boolean('json')) printJson(context, answer);
    else printLine(context, `stopped ${path} ${takenText(answer as Taken)}`);
    return 0;
  },
};
