import type { Command } from '../command.ts';
import { printJson, printLine, timeText } from '../output.ts';
import { given, LEASE_FLAG, QUEUE_ARGUMENT, QUEUE_FLAGS, TOKEN_ARGUMENT, tellQueue } from '../queues.ts';

export const queueRenew: Command = {
  name: 'queue renew',
  summary: 'Keep a task for longer.',
  arguments: [QUEUE_ARGUMENT, TOKEN_ARGUMENT],
  flags: [LEASE_FLAG, ...QUEUE_FLAGS],
  examples: [['queue renew emails 7.1.k3j9x2 --lease 5m', 'From now on, five minutes.']],
  async run(context, input) {
    const [, token] = input.arguments;
    const body = given({ token, leaseMs: input.duration('lease') });
    const answer = (await tellQueue(context, input, 'renew', body)) as { readonly untilMillis: number };
    if (input.boolean('json')) printJson(context, answer);
    else printLine(context, `leased until ${timeText(answer.untilMillis)}`);
    return 0;
  },
};
