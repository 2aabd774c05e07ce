import type { Command } from '../command.ts';
import { CLIENT_FLAGS, JSON_FLAG, NodeClient } from '../node-client.ts';
import { printJson, printLine } from '../output.ts';
import { LETTER_ARGUMENT, letterAddress } from './dead-letters-show.ts';

export const deadLettersReplay: Command = {
  name: 'dead-letters replay',
  summary: 'Send the message of a dead letter again, once.',
  arguments: [LETTER_ARGUMENT],
  flags: [JSON_FLAG, ...CLIENT_FLAGS],
  examples: [['dead-letters replay 3-17', 'Letter 17 of shard 3.']],
  async run(context, input) {
    const [id = ''] = input.arguments;
    const client = new NodeClient(context, input);
    const answer = await client.call({ method: 'POST', address: `${letterAddress(id)}/replay` });
    if (input.boolean('json')) printJson(context, answer);
    else if ((answer as { replayed: boolean }).replayed) printLine(context, `replayed ${id}`);
    else printLine(context, `${id} was gone already`);
    return 0;
  },
};
