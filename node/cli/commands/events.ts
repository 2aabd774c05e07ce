import type { Command, Context } from '../command.ts';
import { followEvents, type SentEvent } from '../following.ts';
import { type JournalLine, recordText } from '../journal-lines.ts';
import { CLIENT_FLAGS, NodeClient } from '../node-client.ts';
import { printable, printJson, printLine, remark } from '../output.ts';

export const events: Command = {
  name: 'events',
  summary: 'Follow what happens to all actors below a prefix.',
  arguments: [{ name: 'PREFIX', doc: 'What the paths of the actors begin with.', required: true }],
  flags: [
    {
      name: 'from',
      type: 'text',
      value: 'CURSOR',
      doc: 'Go on behind this cursor, or `now`. Default: from the beginning.',
    },
    { name: 'once', type: 'boolean', doc: 'End once everything was shown that there is.' },
    { name: 'json', type: 'boolean', doc: 'Print one JSON object an event.' },
    ...CLIENT_FLAGS,
  ],
  examples: [
    ['events /user/accounts/', 'What was done by all accounts, then what they do.'],
    ['events / --from now', 'What happens from now on.'],
    ['events /user/ --once --json', 'All journals below, with a cursor for each record, for a program.'],
  ],
  async run(context, input) {
    const [prefix = '/'] = input.arguments;
    const from = input.text('from');
    const client = new NodeClient(context, input);
    for await (const sent of followEvents(client, { prefix, ...(from !== undefined && { from }) })) {
      if (input.boolean('json')) printJson(context, { event: sent.event, cursor: sent.cursor, ...sent.data });
      else print(context, sent);
      if (sent.event === 'caught-up' && input.boolean('once')) return 0;
    }
    return 0;
  },
};

function print(context: Context, { event, data }: SentEvent) {
  if (event === 'caught-up') return remark(context, 'seq-node: that is all so far');
  const path = String(data.path);
  if (event === 'record')
    printLine(context, printable(`${path} ${recordText(data as unknown as JournalLine)}`));
  else if (event === 'purged') printLine(context, printable(`${path} was purged`));
  else printLine(context, printable(`${path} #${data.sequence} cannot be read`));
}
