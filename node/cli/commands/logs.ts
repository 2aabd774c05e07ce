import { setTimeout as sleep } from 'node:timers/promises';
import type { Command, Context } from '../command.ts';
import { ACTOR_ARGUMENT } from '../messaging.ts';
import { actorAddress, CLIENT_FLAGS, JSON_FLAG, NodeClient } from '../node-client.ts';
import { printable, printJson, printLine, timeText } from '../output.ts';

interface Page {
  readonly lines: readonly { readonly atMillis: number; readonly text: string }[];
  readonly next: string;
}

const PAUSE_MS = 300;

export const logs: Command = {
  name: 'logs',
  summary: 'Show what an actor printed of late.',
  arguments: [ACTOR_ARGUMENT],
  flags: [
    { name: 'follow', type: 'boolean', doc: 'Go on with what it prints from now on.' },
    JSON_FLAG,
    ...CLIENT_FLAGS,
  ],
  examples: [
    ['logs /user/accounts/alice', 'The newest lines that it printed, with their times.'],
    ['logs /user/accounts/alice --follow', 'The same, then each line as it is printed.'],
  ],
  async run(context, input) {
    const [path = ''] = input.arguments;
    for (let after = ''; ; ) {
      const query = after === '' ? '' : `?after=${encodeURIComponent(after)}`;
      const client = new NodeClient(context, input);
      const address = actorAddress(path, 'logs') + query;
      const page = (await client.call({ method: 'GET', confirmed: true, address })) as Page;
      for (const line of page.lines) show(context, line, input.boolean('json'));
      if (!input.boolean('follow')) return 0;
      after = page.next;
      await sleep(PAUSE_MS);
    }
  },
};

function show(context: Context, line: Page['lines'][number], json: boolean): void {
  if (json) printJson(context, line);
  else printLine(context, `${timeText(line.atMillis)}  ${printable(line.text)}`);
}
