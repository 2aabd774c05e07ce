import type { Command } from '../command.ts';
import { printJson, printLine, timeText } from '../output.ts';
import { given, QUEUE_ARGUMENT, QUEUE_FLAGS, TOKEN_ARGUMENT, tellQueue } from '../queues.ts';

export const queueFail: Command = {
  name: 'queue fail',
  summary: 'Say that a task could not be done; it is tried again later.',
  arguments: [QUEUE_ARGUMENT, TOKEN_ARGUMENT],
  flags: [
    { name: 'reason', type: 'text', value: 'TEXT', doc: 'Why, for people.' },
    { name: 'final', type: 'boolean', doc: 'Do not try it again, whatever attempts are left.' },
    ...QUEUE_FLAGS,
  ],
  examples: [
    ['queue fail emails 7.1.k3j9x2 --reason "server is down"', 'Another attempt follows after the back-off.'],
  ],
  async run(context, input) {
    const [name, token] = input.arguments;
    const body = given({ token, reason: input.text('reason'), retry: !input.boolean('final') });
    const answer = (await tellQueue(context, input, 'fail', body)) as { readonly retryMillis: number | null };
    const { retryMillis } = answer;
    if (input.boolean('json')) printJson(context, answer);
    else if (retryMillis === null) printLine(context, `failed ${token} of ${name} for good`);
    else printLine(context, `failed ${token} of ${name}, to be tried again at ${timeText(retryMillis)}`);
    return 0;
  },
};
