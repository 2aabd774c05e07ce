import type { Resumption } from '../../host/api.ts';
import type { Command } from '../command.ts';
import { ACTOR_ARGUMENT, ID_FLAG, onceWithId, takenText } from '../messaging.ts';
import { actorAddress, CLIENT_FLAGS, JSON_FLAG, NodeClient } from '../node-client.ts';
import { printJson, printLine } from '../output.ts';

export const resume: Command = {
  name: 'resume',
  summary: 'Let an actor that is suspended, stopped or has failed go on with its state.',
  arguments: [ACTOR_ARGUMENT],
  flags: [ID_FLAG, JSON_FLAG, ...CLIENT_FLAGS],
  examples: [
    [
      'resume /user/accounts/alice',
      'With the state that it had. A volatile actor that had ended begins with an empty one.',
    ],
  ],
  async run(context, input) {
    const [path = ''] = input.arguments;
    const address = actorAddress(path, 'resume');
    const client = new NodeClient(context, input);
    const answer = await onceWithId(input, (id) =>
      client.call({ method: 'POST', address, body: { id, timeoutMs: client.messageTimeoutMs() } }),
    );
    const taken = answer as Resumption;
    if (input.boolean('json')) printJson(context, answer);
    else if (taken.resumed) printLine(context, `resumed ${path} ${takenText(taken)}`);
    else printLine(context, `${path} is running already, sequence ${taken.sequence}`);
    return 0;
  },
};
