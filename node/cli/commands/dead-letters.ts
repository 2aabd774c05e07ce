import type { DeadLetterView } from '../../host/api.ts';
import type { Command } from '../command.ts';
import { listFlags, listRows, remarkMore } from '../listing.ts';
import { CLIENT_FLAGS, JSON_FLAG, NodeClient } from '../node-client.ts';
import { printJson, printTable, timeText } from '../output.ts';

type Letter = Omit<DeadLetterView, 'message'> & { readonly message: unknown };

export const deadLetters: Command = {
  name: 'dead-letters',
  summary: 'List messages between actors that their receivers refused.',
  arguments: [],
  flags: [...listFlags('ID', 'Begin after this one.'), JSON_FLAG, ...CLIENT_FLAGS],
  examples: [
    ['dead-letters', 'Those of all shards, the oldest of each first.'],
    ['dead-letters --json', 'With their messages, for a program.'],
  ],
  async run(context, input) {
    const client = new NodeClient(context, input);
    const listed = await listRows<Letter>(client, input, '/v1/dead-letters', 'letters');
    const { rows, next } = listed;
    if (input.boolean('json')) printJson(context, { letters: rows, next });
    else
      printTable(
        context,
        ['ID', 'TIME', 'FROM', 'TO', 'KIND', 'REFUSED'],
        rows.map(({ id, atMillis, sender, receiver, kind, code }) => [
          id,
          timeText(atMillis),
          sender,
          receiver,
          kind,
          code,
        ]),
      );
    remarkMore(context, listed);
    return 0;
  },
};
