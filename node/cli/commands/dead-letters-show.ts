import type { Json } from '../../base/json.ts';
import type { Command } from '../command.ts';
import { CLIENT_FLAGS, JSON_FLAG, NodeClient } from '../node-client.ts';
import { notationOf, printJson, printLine, timeText } from '../output.ts';

export const LETTER_ARGUMENT = {
  name: 'ID',
  doc: 'The letter, as seq-node dead-letters lists it.',
  required: true,
} as const;

export const letterAddress = (id: string) => `/v1/dead-letters/${encodeURIComponent(id)}`;

export const deadLettersShow: Command = {
  name: 'dead-letters show',
  summary: 'Show a dead letter: its message, and why its receiver refused it.',
  arguments: [LETTER_ARGUMENT],
  flags: [JSON_FLAG, ...CLIENT_FLAGS],
  examples: [['dead-letters show 3-17', 'Letter 17 of shard 3.']],
  async run(context, input) {
    const client = new NodeClient(context, input);
    const address = letterAddress(input.arguments[0] ?? '');
    const letter = (await client.call({ method: 'GET', confirmed: true, address })) as Record<string, Json>;
    if (input.boolean('json')) {
      printJson(context, letter);
      return 0;
    }
    const { atMillis, sender, receiver, kind, code, reason, message } = letter;
    printLine(context, `refused  ${timeText(Number(atMillis))}, ${code}: ${reason}`);
    printLine(context, `from     ${sender}`);
    printLine(context, `to       ${receiver}`);
    printLine(context, `${kind}`.padEnd(9) + (message === null ? '' : notationOf(message)));
    return 0;
  },
};
