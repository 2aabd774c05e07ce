import type { Command } from '../command.ts';
import { MESSAGE_ARGUMENTS, MESSAGE_FLAGS, sendMessage } from '../messaging.ts';
import { notationOf, printJson, printLine } from '../output.ts';

export const ask: Command = {
  name: 'ask',
  summary: 'Send a message to an actor and print its reply.',
  arguments: MESSAGE_ARGUMENTS,
  flags: MESSAGE_FLAGS,
  examples: [
    ['ask /user/accounts/alice Balance', 'The reply, in message notation.'],
    [
      'ask /user/accounts/alice Withdraw 30 --json',
      'The reply with its sequence number and durability mode.',
    ],
    ['ask /user/accounts/alice Deposit 5 --id pay-7', 'However often it is run, it deposits once.'],
  ],
  async run(context, input) {
    const answer = (await sendMessage(context, input, 'ask')) as { readonly response: unknown };
    if (input.boolean('json')) printJson(context, answer);
    else printLine(context, notationOf(answer.response));
    return 0;
  },
};
