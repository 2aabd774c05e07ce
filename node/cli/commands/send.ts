import type { Command } from '../command.ts';
import { MESSAGE_ARGUMENTS, MESSAGE_FLAGS, sendMessage, type Taken, takenText } from '../messaging.ts';
import { printJson, printLine } from '../output.ts';

export const send: Command = {
  name: 'send',
  summary: 'Send a message to an actor and wait until it is safe.',
  arguments: MESSAGE_ARGUMENTS,
  flags: MESSAGE_FLAGS,
  examples: [
    ['send /user/accounts/alice Deposit 100', 'A deposit of 100; the parentheses may be left out.'],
    [`send /user/notes/1 '(Append "two words")'`, 'Text has double quotes of its own.'],
    [`send /user/accounts/alice --json-message '{"Deposit": [100]}'`, 'The same message as JSON.'],
  ],
  async run(context, input) {
    const answer = (await sendMessage(context, input, 'messages')) as Taken;
    if (input.boolean('json')) printJson(context, answer);
    else printLine(context, `acknowledged ${takenText(answer)}`);
    return 0;
  },
};
